import type {CollectionDryRun} from '../../domain/audit/collection-dry-run.ts';
import type {CollectionReport} from '../../domain/audit/collection-report.ts';
import type {Maintenance} from '../../domain/audit/maintenance.ts';
import type {HostNow} from '../../domain/hold/host-now.ts';
import type {Suspension} from '../../domain/hold/suspension.ts';
import type {Digest} from '../../domain/image/digest.ts';
import type {PathState, StorageListing} from '../../domain/storage/listing/listing.ts';
import type {StoreSample} from '../../domain/storage/same-registry.ts';
import type {Waiting} from './waiting.ts';

export type Storage = {
	/** `registry-vm:/opt/registry/data` */
	readonly place: string;
	/** How the store is reached, for people. Absent: as the login, or by sudo. */
	describe?(waiting: Waiting): Promise<string>;
	/** Reads the whole tree. Never writes. An unreadable part makes the listing incomplete, not an error. */
	list(
		options: Waiting & {progress?: (files: number) => void} & {
			/** Reads every link, also in a store so large that their sizes and times are enough. */
			everyLink?: boolean;
			/** Read as manifests even if nothing names them as one. */
			manifests?: readonly Digest[];
		},
	): Promise<StorageListing>;
	/**
	 * Reads the state of paths below docker/registry/v2 again, in one command: a missing file may have been part of a push.
	 * The result has every path.
	 */
	recheck(paths: readonly string[], waiting: Waiting): Promise<Map<string, PathState>>;
	/**
	 * What each tag of a repository names, and which of their manifests may name a digest: read by one command for all who ask together. A
	 * tag whose link cannot be read is left out. It tells what the registry need not be asked; what counts is what the registry serves.
	 * @throws OperatorError storage.no-root | storage.denied
	 */
	tagLinks(repository: string, digest: Digest, waiting: Waiting): Promise<ReadonlyMap<string, TagLink>>;
	/**
	 * A small part of what the disk holds, read fast: some tags, and which of these repositories it does not hold. It shows
	 * whether a registry serves this disk.
	 */
	sample(listed: readonly string[], waiting: Waiting): Promise<StoreSample>;
	/** What this user may not read, found fast: a scan would be incomplete. @throws OperatorError storage.no-root | storage.denied */
	survey(waiting: Waiting): Promise<StoreSurvey>;
	/** What tells this store apart. Never writes. @throws OperatorError storage.no-root | storage.denied */
	identity(waiting: Waiting): Promise<StoreIdentity>;
	/** Who applied the plan with this id to the store, and when. Undefined: nobody did. */
	applied(plan: string, waiting: Waiting): Promise<string | undefined>;
	/**
	 * Marks a plan as applied, once and for everybody, before anything of it is done. `note`: one line, who and when.
	 * @returns the note of who came first; undefined: this one is the first
	 * @throws OperatorError storage.not-marked | effect.unknown
	 */
	markApplied(plan: {id: string; note: string}, waiting: Waiting): Promise<string | undefined>;
	/** The bytes of blobs/…/data. Undefined where they are missing or do not match the digest. */
	readBlob(digest: Digest, waiting: Waiting): Promise<Uint8Array | undefined>;
	/**
	 * Streams the bytes of blobs/…/data, of any length, each piece until the next is asked for. They are not checked: the caller hashes them.
	 * @throws OperatorError storage.blob-gone, where they are missing or have another size; storage.silent
	 */
	streamBlob(blob: {digest: Digest; size: number}, waiting: Waiting): AsyncIterable<Uint8Array>;
	/**
	 * Hashes blobs on their host, at most `bytesPerSecond`. `onAnswer` is called with each result as it arrives, so that a run
	 * that is cut off keeps its results.
	 */
	hash(
		digests: Iterable<Digest>,
		options: Waiting & {bytesPerSecond?: number; onAnswer?: (answer: HashAnswer) => void},
	): Promise<HashAnswer[]>;
	/** Reads how the host runs the registry and cleans it up. Never writes. Whatever could not be read is a gap, not an error. */
	maintenance(waiting: Waiting): Promise<Maintenance>;
	/**
	 * Reads what the host runs at this moment and will start. Never writes. Whatever could not be read is a gap, not an error.
	 * `known`: what it will start, and the scripts that still run, are taken from this earlier look. `onProcesses` is called once what
	 * runs has been read: what it will start may still be on its way then.
	 */
	hostNow(options: Waiting & {known?: HostNow; onProcesses?: () => void}): Promise<HostNow>;
	/**
	 * Runs a dry garbage collection on the host.
	 * A collection that fails is a report with its words.
	 */
	dryRunCollection(command: CollectionDryRun, waiting: Waiting): Promise<CollectionReport>;
	/** Stops a timer, a service or a container of the host, once. */
	suspend(
		suspension: Extract<Suspension, {kind: 'command'}>,
		waiting: Waiting,
	): Promise<{exitCode: number; output: string}>;
	/**
	 * Moves the data of a blob out of the registry's way, below the incident's name: only under the lock, and only where two reads have
	 * proved that it does not match its digest. Nothing is deleted or overwritten.
	 * @throws OperatorError storage.no-hash | effect.unknown
	 */
	moveAside(data: {digest: Digest; incident: string}, lock: StorageLock, waiting: Waiting): Promise<MovedAside>;
	/** Puts it back, where nothing lies in its place. @throws OperatorError effect.unknown */
	putBack(data: {digest: Digest; incident: string}, lock: StorageLock, waiting: Waiting): Promise<PutBack>;
	/** What an incident has moved aside and not put back. Never writes. */
	aside(incident: string, waiting: Waiting): Promise<AsideData[]>;
	/** Undefined where no command for Redis is configured. */
	readonly redisCommand?: string;
	/** Asks Redis PING by that command, and nothing else. */
	redisAnswer(waiting: Waiting): Promise<{exitCode: number; output: string}>;
	/** Runs commands of Redis, a line each: deleting a key twice does no harm. */
	forget(commands: readonly string[], waiting: Waiting): Promise<{exitCode: number; output: string}>;
	/** Undefined where no restart command is configured. */
	readonly restartCommand?: string;
	/** Why the restart command would not start, a line each; nothing is run. */
	restartObstacles(waiting: Waiting): Promise<string[]>;
	restart(waiting: Waiting): Promise<{exitCode: number; output: string}>;
	/** The end of the log of the container that the command restarts. Undefined where the command does not tell which. */
	restartLog(waiting: Waiting): Promise<string | undefined>;
	/** Locks the store for a change, so that two incidents do not repair it at once. @throws OperatorError storage.locked */
	lock(holder: string, waiting: Waiting): Promise<StorageLock>;
	close(): Promise<void>;
};

/** `mayName`: the manifest's text holds the digest that was asked for, as a child or a subject, or that of somebody who asked with it; or it was not read. */
export type TagLink = {digest: Digest; mayName: boolean};

/** `root`: the real path of the `rootdirectory`; `device`: its device and inode; `hostKey`: null on this machine. */
export type StoreIdentity = {root: string; device: string | null; hostKey: string | null};

export type StoreSurvey = {
	/** Paths below docker/registry/v2; of many, the first. */
	unreadable: string[];
	/** False: the rest was not looked at, or more than those were found. */
	isWhole: boolean;
};

/** `unread`: the blob is there and could not be read. */
export type HashAnswer = {digest: Digest; state: 'same' | 'differs' | 'gone' | 'unread'; bytes: number};

/** `holder`: as it is told to others. `lost` aborts when the lock is lost before it is released. */
export type StorageLock = {readonly holder?: string; release(): Promise<void>; readonly lost?: AbortSignal};

/**
 * `to`: the path of the data now. `unread`: it could not be read, or two reads differ, which proves nothing. `strange`: it is no file.
 * `unlocked`: the lock of the store was lost. `elsewhere`: the folder beside docker/ is on another file system.
 */
export type MovedAside =
	| {state: 'moved'; to: string}
	| {state: 'gone' | 'whole' | 'unread' | 'strange' | 'unlocked' | 'denied' | 'elsewhere'};

/** `taken`: new data is in its place, and stays. */
export type PutBack = 'back' | 'taken' | 'gone' | 'unlocked' | 'denied';

/** `isReplaced`: there is data in its place now. */
export type AsideData = {digest: Digest; size: number; isReplaced: boolean};
