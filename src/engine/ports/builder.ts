import type {Digest} from '../../domain/image/digest.ts';
import type {Credentials} from './secrets.ts';
import type {Waiting} from './waiting.ts';

export type BuildOrder = {
	/** Names the build on its host: asking twice for one id builds once. */
	requestId: string;
	git: string;
	branch?: string;
	/** The folder of the repository that is built. */
	context: string;
	dockerfile: string;
	/** Whole references, all pushed. */
	images: string[];
	program: 'auto' | 'docker' | 'podman' | 'buildah';
	credentials?: Credentials;
	plainHttp: boolean;
	/** For the build program, never secret. */
	environment: Record<string, string>;
};

export type BuildStage = 'clone' | 'login' | 'build' | 'push';

export type BuildStatus =
	| {state: 'absent'}
	| {state: 'running'; stage: BuildStage}
	| {state: 'pushed'; digest?: Digest}
	| {state: 'failed'; stage: BuildStage; exitCode: number; detail: string}
	/** It was started, and neither runs nor left a result. */
	| {state: 'vanished'};

export type StartAnswer =
	| {state: 'started'; program: string}
	| {state: 'no-program'; detail: string}
	/** Another build holds the host's build lock. */
	| {state: 'busy'; detail: string}
	| {state: 'no-space'; detail: string};

export type Builder = {
	readonly place: string;
	/** A lost reply is thrown as OperatorError effect.unknown; `status` then tells. */
	start(order: BuildOrder, waiting: Waiting): Promise<StartAnswer>;
	status(requestId: string, waiting: Waiting): Promise<BuildStatus>;
	/** Log text from this byte on. */
	log(requestId: string, fromByte: number, waiting: Waiting): Promise<{text: string; nextByte: number}>;
	cancel(requestId: string, waiting: Waiting): Promise<void>;
	close(): Promise<void>;
};
