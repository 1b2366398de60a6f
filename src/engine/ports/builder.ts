import type {Digest} from '../../domain/image/digest.ts';
import type {Credentials} from './secrets.ts';
import type {Waiting} from './waiting.ts';

/** What is built, and by which program. */
export type BuildSource = {
	git: string;
	branch?: string;
	/** The folder of the repository that is built. */
	context: string;
	dockerfile: string;
	program: 'auto' | 'docker' | 'podman' | 'buildah';
	/** For the build program, never secret. */
	environment: Record<string, string>;
};

export type BuildOrder = BuildSource & {
	/** Names the build on its host: asking twice for one id builds once. */
	requestId: string;
	/** Whole references, all pushed. */
	images: string[];
	credentials?: Credentials;
	plainHttp: boolean;
};

/** Whether a build could begin. */
export type BuilderCheck = {
	program: {state: 'works'; name: string} | {state: 'none'; why: string};
	/** `late`: the repository answers, but a clone takes too long for a check. */
	source: {state: 'read'; commit: string} | {state: 'late' | 'unreadable'; why: string};
	/** Absent: the source was not read. */
	dockerfile?:
		| {state: 'there'; path: string; isLink: boolean}
		| {state: 'absent'; path: string}
		| {state: 'no-context'};
	/** Why the host could not hold a build. */
	obstacle?: string;
};

export type BuildStage = 'clone' | 'login' | 'build' | 'push';

export type BuildStatus =
	| {state: 'absent'}
	| {state: 'running'; stage: BuildStage}
	| {state: 'pushed'; digest?: Digest}
	| {state: 'failed'; stage: BuildStage; exitCode: number; detail: string}
	/** It was started, and neither runs nor left a result. `stage`: the last that it began. */
	| {state: 'vanished'; stage: BuildStage};

export type StartAnswer =
	| {state: 'started'; program: string}
	| {state: 'no-program'; detail: string}
	/** Another build holds the host's build lock. */
	| {state: 'busy'; detail: string}
	| {state: 'no-space'; detail: string};

export type Builder = {
	readonly place: string;
	/** Clones the source without its files, into a temporary folder that is removed, and builds nothing. */
	check(source: BuildSource, waiting: Waiting): Promise<BuilderCheck>;
	/** `linux/amd64`: what it builds for where nothing else is asked. Undefined: it cannot be told. */
	platform(choice: Pick<BuildSource, 'program' | 'environment'>, waiting: Waiting): Promise<string | undefined>;
	/** A lost reply is thrown as OperatorError effect.unknown; `status` then tells. */
	start(order: BuildOrder, waiting: Waiting): Promise<StartAnswer>;
	status(requestId: string, waiting: Waiting): Promise<BuildStatus>;
	/** Log text from this byte on. */
	log(requestId: string, fromByte: number, waiting: Waiting): Promise<{text: string; nextByte: number}>;
	cancel(requestId: string, waiting: Waiting): Promise<void>;
	close(): Promise<void>;
};
