import type {Digest} from '../../domain/image/digest.ts';
import type {Descriptor} from '../../domain/image/manifest.ts';
import type {Depth} from '../../domain/image/verdict.ts';
import type {Waiting} from './waiting.ts';

export type Registry = {
	/** `host[:port]`, as it stands in references. */
	readonly host: string;
	/** @param reference a tag or a digest */
	manifest(repository: string, reference: string, waiting: Waiting): Promise<ManifestAnswer>;
	/** `onBytes` tells of bytes as they arrive, where a blob is read whole. */
	blob(
		repository: string,
		blob: Descriptor,
		depth: Depth,
		waiting: Waiting & {onBytes?: (count: number) => void},
	): Promise<BlobAnswer>;
	/** Undefined: the repository is not known. */
	tags(repository: string, waiting: Waiting): Promise<string[] | undefined>;
	/**
	 * The catalogue, page by page as it is consumed. An empty one is an answer.
	 * @throws OperatorError registry.no-catalogue, where the registry does not list what it has; registry.*
	 */
	repositories(waiting: Waiting): AsyncIterable<string>;
	/**
	 * Stores exact bytes under a digest or a tag.
	 * A lost reply is thrown as OperatorError effect.unknown.
	 */
	putManifest(repository: string, reference: string, manifest: ManifestBytes, waiting: Waiting): Promise<PutAnswer>;
	/**
	 * Lets one repository serve a blob of another, without sending it. A lost reply is thrown as OperatorError effect.unknown.
	 */
	mountBlob(repository: string, digest: Digest, from: string, waiting: Waiting): Promise<MountAnswer>;
	/**
	 * Sends a blob as it comes, in bounded memory. What is sent is hashed, and other bytes than the digest's are never stored.
	 * A lost reply is thrown as OperatorError effect.unknown; whatever ends it before is thrown as it is, and nothing is stored.
	 */
	uploadBlob(
		repository: string,
		blob: {digest: Digest; size: number},
		bytes: AsyncIterable<Uint8Array>,
		waiting: Waiting & {onBytes?: (count: number) => void},
	): Promise<PutAnswer>;
	/** Requests made so far, for the evidence. */
	requests(): number;
	/** Answers so far that asked to be left alone for a while (429, 503), also those that were then waited out. */
	busy(): number;
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
	/** The server failed on this very blob (500), twice: what a link that holds no digest does to it. */
	| {state: 'unreadable'; status: number; detail: string}
	| {state: 'empty'; status: number; detail: string}
	/** Shorter or longer than the descriptor says, or cut off again on a fresh connection. */
	| {state: 'truncated'; status: number; detail: string}
	| {state: 'corrupt'; status: number; detail: string};

/** `rejected`: the registry said no and nothing changed. A lost reply is thrown as OperatorError effect.unknown. */
export type PutAnswer =
	| {state: 'stored'; digest: Digest; status: number}
	| {state: 'rejected'; status: number; detail: string};

/** `not-mounted`: the registry wants it uploaded: it does not find it there, or we may not read it there. Nothing changed. */
export type MountAnswer = PutAnswer | {state: 'not-mounted'; status: number};
