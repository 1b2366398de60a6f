import type {CollectionDryRun} from '../../domain/audit/collection-dry-run.ts';
import type {Maintenance} from '../../domain/audit/maintenance.ts';
import type {CollectionReport} from '../../domain/audit/preflight.ts';
import type {Digest} from '../../domain/image/digest.ts';
import type {PathState, StorageListing} from '../../domain/storage/listing/listing.ts';
import type {Waiting} from './waiting.ts';

export type Storage = {
	/** `registry-vm:/opt/registry/data` */
	readonly place: string;
	/** Reads the whole tree. Never writes. An unreadable part makes the listing incomplete, not an error. */
	list(
		options: Waiting & {progress?: (files: number) => void} & {
			/** Looks into every link, also in a store so large that size and time would be enough. */
			everyLink?: boolean;
		},
	): Promise<StorageListing>;
	/**
	 * A second look at paths below docker/registry/v2, in one command: what was gone may only have been on its way. Every
	 * path asked for is answered.
	 */
	recheck(paths: readonly string[], waiting: Waiting): Promise<Map<string, PathState>>;
	/** Exact bytes of blobs/…/data, proven by the digest. Undefined: not there, or not those bytes. */
	readBlob(digest: Digest, waiting: Waiting): Promise<Uint8Array | undefined>;
	/**
	 * The bytes of blobs/…/data, of any length, as fast as they are taken. Not proven: whoever takes them hashes them.
	 * @throws OperatorError storage.blob-gone, where they are not there or not as many; storage.silent
	 */
	streamBlob(blob: {digest: Digest; size: number}, waiting: Waiting): AsyncIterable<Uint8Array>;
	/**
	 * Hashes blobs where they lie, at most `bytesPerSecond` fast. Each answer is given as it comes: a run that is cut off has
	 * not lost what came before.
	 */
	hash(
		digests: Iterable<Digest>,
		options: Waiting & {bytesPerSecond?: number; onAnswer?: (answer: HashAnswer) => void},
	): Promise<HashAnswer[]>;
	/** How its host runs the registry and cleans it up. Never writes; what could not be looked at is a gap, not an error. */
	maintenance(waiting: Waiting): Promise<Maintenance>;
	/**
	 * Runs a dry garbage collection on the host.
	 * @throws OperatorError audit.rehearsal-failed, with its output
	 */
	dryRunCollection(command: CollectionDryRun, waiting: Waiting): Promise<CollectionReport>;
	/** Undefined where no restart command is configured. */
	readonly restartCommand?: string;
	restart(waiting: Waiting): Promise<{exitCode: number; output: string}>;
	/** Held while something is changed, so that two incidents do not repair one store. @throws OperatorError storage.locked */
	lock(holder: string, waiting: Waiting): Promise<StorageLock>;
	close(): Promise<void>;
};

/** `unread`: there, and could not be read; nothing is known of it. */
export type HashAnswer = {digest: Digest; state: 'same' | 'differs' | 'gone' | 'unread'; bytes: number};

/** `lost` aborts when the lock went away before it was released. */
export type StorageLock = {release(): Promise<void>; readonly lost?: AbortSignal};
