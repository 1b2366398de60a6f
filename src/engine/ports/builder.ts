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
	/** `linux/arm64`; none: the one of the host. */
	platforms: string[];
	/** Build arguments, never secret: the image's history shows them. */
	args: Record<string, string>;
	/** Secrets of the build by their ids: paths of files on the host that builds. */
	secrets: Record<string, string>;
	/** The images that it starts from, whose digests are recorded. */
	bases: string[];
	/** Absent: nobody logs in. An identity token is exchanged for tokens at the realm by the program that pushes. */
	credentials?: Credentials | {identityToken: string};
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
	| {state: 'pushed'; digest?: Digest; bases?: BaseDigest[]}
	| {state: 'failed'; stage: BuildStage; exitCode: number; detail: string}
	/** It was started, and neither runs nor left a result. `stage`: the last that it began. */
	| {state: 'vanished'; stage: BuildStage};

/** What a base image was when it was pulled for the build. */
export type BaseDigest = {name: string; digest: Digest};

/** What a host can build. */
export type BuildAbilities = {
	/** Absent: no program works. */
	program?: string;
	/** What it builds for where nothing else is asked; absent: it cannot be told. */
	platform?: string;
	/** Whose programs it runs beside its own. */
	emulates: string[];
	/** Why it builds one platform at a time. */
	onePlatform?: string;
	buildx: boolean;
	/** The files of secrets that cannot be read there. */
	unreadable: string[];
};

/** The Dockerfile, as a build would use it. */
type RecipeRead = {state: 'read'; commit: string; dockerfile: string} | {state: 'unreadable'; why: string};

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
	/** Clones as `check` does, and reads the Dockerfile. */
	recipe(source: BuildSource, waiting: Waiting): Promise<RecipeRead>;
	abilities(choice: Pick<BuildOrder, 'program' | 'environment' | 'secrets'>, waiting: Waiting): Promise<BuildAbilities>;
	/** A lost reply is thrown as OperatorError effect.unknown; `status` then tells. */
	start(order: BuildOrder, waiting: Waiting): Promise<StartAnswer>;
	status(requestId: string, waiting: Waiting): Promise<BuildStatus>;
	/** Log text from this byte on. */
	log(requestId: string, fromByte: number, waiting: Waiting): Promise<{text: string; nextByte: number}>;
	cancel(requestId: string, waiting: Waiting): Promise<void>;
	/** Removes what a build left on its host that was killed, and nothing else: working containers, images between, its login. */
	tidy(requestId: string, waiting: Waiting): Promise<void>;
	close(): Promise<void>;
};
