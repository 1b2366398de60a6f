import type {Digest} from '../domain/digest.ts';
import type {JournalEvent} from '../domain/event.ts';
import type {Descriptor} from '../domain/manifest.ts';
import type {StorageListing} from '../domain/storage-listing.ts';
import type {Depth} from '../domain/verdict.ts';

/**
 * What the engine knows of the world: types only. Every wait takes a signal; an aborted wait rejects with the
 * signal's reason. Whatever keeps a port from answering is an OperatorError; an answer, even a bad one, is a value.
 */

export type Waiting = {signal: AbortSignal};

// ---------------------------------------------------------------- registry

export type Registry = {
	/** `host[:port]`, as it stands in references. */
	readonly host: string;
	/** @param reference a tag or a digest */
	manifest(repository: string, reference: string, waiting: Waiting): Promise<ManifestAnswer>;
	blob(repository: string, blob: Descriptor, depth: Depth, waiting: Waiting): Promise<BlobAnswer>;
	/** Undefined: the repository is not known. */
	tags(repository: string, waiting: Waiting): Promise<string[] | undefined>;
	/**
	 * Stores exact bytes under a digest or a tag.
	 * A lost reply is thrown as OperatorError effect.unknown.
	 */
	putManifest(repository: string, reference: string, manifest: ManifestBytes, waiting: Waiting): Promise<PutAnswer>;
	/** Requests made so far, for the evidence. */
	requests(): number;
	/** The same registry with no connection and nothing remembered from before. */
	fresh(): Registry;
	close(): Promise<void>;
};

export type ManifestBytes = {bytes: Uint8Array; mediaType: string};

export type ManifestAnswer =
	| {
			state: 'found';
			bytes: Uint8Array;
			/** Of the bytes that came, not what a header claims. */
			digest: Digest;
			/** What Docker-Content-Digest names, where the bytes are not that. */
			claimed?: Digest;
			/** Content-Type without its parameters. */
			mediaType: string;
	  }
	| {state: 'missing'; status: number; detail: string}
	/** The server failed on this very manifest (500), twice. */
	| {state: 'unreadable'; status: number; detail: string};

export type BlobAnswer =
	| {state: 'present'; status: number}
	| {state: 'missing'; status: number; detail: string}
	| {state: 'empty'; status: number; detail: string}
	/** Shorter or longer than the descriptor says, or cut off again on a fresh connection. */
	| {state: 'truncated'; status: number; detail: string}
	| {state: 'corrupt'; status: number; detail: string};

/** `rejected`: the registry said no and nothing changed. A lost reply is thrown as OperatorError effect.unknown. */
export type PutAnswer =
	| {state: 'stored'; digest: Digest; status: number}
	| {state: 'rejected'; status: number; detail: string};

// ---------------------------------------------------------------- shells and storage

/** A POSIX shell somewhere: over SSH, or on this machine. */
export type Shell = {
	/** For people: `registry-vm`, `this machine`. */
	readonly place: string;
	run(request: ShellRequest, waiting: Waiting): Promise<ShellResult>;
	close(): Promise<void>;
};

export type ShellRequest = {
	/** A read may be repeated; a write whose end was not seen is thrown as OperatorError effect.unknown. */
	kind: 'read' | 'write';
	/** POSIX sh. Its arguments arrive as $1 and on; its standard input is `input`. Never a secret: use `input`. */
	script: string;
	args?: readonly string[];
	/** An iterable holds standard input open until it ends: a lease that the remote side loses with the connection. */
	input?: string | Uint8Array | AsyncIterable<Uint8Array>;
	timeoutMs: number;
	/** Chunks of standard output as they come; then `stdout` of the result stays empty. */
	onOutput?: (chunk: Uint8Array) => void;
};

/** Only ever given for a script whose end was seen. A lost, refused or late one is thrown. */
export type ShellResult = {exitCode: number; stdout: Uint8Array /** The last 64 KiB. */; stderr: string};

export type Storage = {
	/** `registry-vm:/opt/registry/data` */
	readonly place: string;
	/** Reads the whole tree. Never writes. An unreadable part makes the listing incomplete, not an error. */
	list(options: Waiting & {progress?: (files: number) => void}): Promise<StorageListing>;
	/** Exact bytes of blobs/…/data, proven by the digest. Undefined: not there, or not those bytes. */
	readBlob(digest: Digest, waiting: Waiting): Promise<Uint8Array | undefined>;
	/** Lines of crontabs, timers and compose files that mention the registry's upkeep. */
	schedules(waiting: Waiting): Promise<ScheduleLine[]>;
	/** Undefined where no restart command is configured. */
	readonly restartCommand?: string;
	restart(waiting: Waiting): Promise<{exitCode: number; output: string}>;
	/** Held while something is changed, so that two incidents do not repair one store. @throws OperatorError storage.locked */
	lock(holder: string, waiting: Waiting): Promise<StorageLock>;
	close(): Promise<void>;
};

/** `lost` aborts when the lock went away before it was released. */
export type StorageLock = {release(): Promise<void>; readonly lost?: AbortSignal};

export type ScheduleLine = {file: string; line: string};

// ---------------------------------------------------------------- CI

export type PipelineState = 'waiting' | 'running' | 'succeeded' | 'failed' | 'cancelled';

export type Pipeline = {
	number: number;
	state: PipelineState;
	/** The server's own word: `pending`, `killed`, … */
	status: string;
	branch: string;
	commit: string;
	event: string;
	/** ISO 8601, UTC */
	created: string;
	finished?: string;
	/** A page for people. */
	url?: string;
	title: string;
	/** What the server holds against it, warnings left out. */
	errors: string[];
	steps: PipelineStep[];
	/** Our own id, where the pipeline carries one. */
	requestId?: string;
};

export type PipelineStep = {id: number; name: string; state: PipelineState | 'skipped'; exitCode?: number};

export type TriggerAnswer =
	| {state: 'created'; pipeline: Pipeline}
	/** The server decided that nothing matches and forgot the pipeline. */
	| {state: 'filtered'; detail: string}
	| {state: 'rejected'; detail: string; hint: string};

export type Ci = {
	readonly place: string;
	/** Not idempotent; a lost reply is thrown as OperatorError effect.unknown. */
	trigger(order: {repository: string; branch: string; requestId: string}, waiting: Waiting): Promise<TriggerAnswer>;
	/** The pipeline that carries this request id, if the server has one. */
	find(order: {repository: string; branch: string; requestId: string}, waiting: Waiting): Promise<Pipeline | undefined>;
	pipeline(repository: string, number: number, waiting: Waiting): Promise<Pipeline>;
	/** Log lines of all steps, without those already given: `after` counts lines per step id. */
	logs(repository: string, pipeline: Pipeline, after: Map<number, number>, waiting: Waiting): Promise<CiLogLine[]>;
	/** Newest first. @param since ISO 8601 */
	failed(repository: string, since: string, waiting: Waiting): Promise<Pipeline[]>;
	restart(repository: string, number: number, waiting: Waiting): Promise<TriggerAnswer>;
	/** The newest pipeline that is a restart of this one, whoever asked for it. */
	restartOf(repository: string, number: number, waiting: Waiting): Promise<Pipeline | undefined>;
	close(): Promise<void>;
};

export type CiLogLine = {step: string; text: string};

// ---------------------------------------------------------------- fallback build

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

// ---------------------------------------------------------------- record, time, secrets

export type Journal = {
	/** The folder of the incident. */
	readonly folder: string;
	/** Events as they stand on the disk. */
	events(): readonly JournalEvent[];
	/** Returns when the event is on the disk. @throws OperatorError journal.full | journal.unwritable | journal.closed */
	append(event: JournalEvent): Promise<void>;
	/** Keeps what a step saw. @returns the file's name below the folder, its sha256 and size in bytes */
	keep(name: string, content: string | Uint8Array): Promise<Evidence>;
	/** Ends the record: appends `journal.sealed` with the count of events and the hash of the last. */
	seal(): Promise<void>;
	close(): Promise<void>;
};

export type Evidence = {file: string; digest: Digest; bytes: number};

export type Clock = {
	now(): Date;
	/** Milliseconds that never go back. */
	monotonic(): number;
	/** Rejects with the signal's reason when aborted. */
	sleep(milliseconds: number, waiting: Waiting): Promise<void>;
};

export type Credentials = {username: string; password: string};

export type Secrets = {
	/** Credentials for a registry host; undefined: anonymous. @throws OperatorError credentials.* */
	registry(host: string): Promise<Credentials | undefined>;
	/** Hides every known secret, in any usual encoding. */
	redact(text: string): string;
};
