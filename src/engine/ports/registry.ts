import type {Reason} from '../../domain/error-codes.ts';
import type {Digest} from '../../domain/image/digest.ts';
import type {Descriptor} from '../../domain/image/manifest.ts';
import type {Depth} from '../../domain/image/verdict.ts';
import type {RateLimit} from '../../domain/rate-limit.ts';
import type {Waiting} from './waiting.ts';

/** How much of a blob is asked for: whether it is there, its size and last byte, or every byte, hashed. */
export type BlobDepth = Exclude<Depth, 'unpack'>;

/** Follows a blob that is read whole. */
export type BlobObserver = {
	/** So many more bytes have arrived. */
	onBytes?: (count: number) => void;
	/** Each piece, with how many bytes came before it: 0 again where it is read anew. A promise holds back the next piece. */
	onChunk?: (chunk: Uint8Array, before: number) => void | Promise<void>;
	/** All bytes, of every blob that is present at depth content. */
	onContent?: (bytes: Uint8Array) => void;
};

export type Registry = {
	/** `host[:port]`, as in references. */
	readonly host: string;
	/** @param reference a tag or a digest */
	manifest(repository: string, reference: string, waiting: Waiting): Promise<ManifestAnswer>;
	blob(repository: string, blob: Descriptor, depth: BlobDepth, waiting: Waiting & BlobObserver): Promise<BlobAnswer>;
	/**
	 * Whether the registry is proven to serve manifests whose links its disk has lost, as distribution 3.x with a descriptor
	 * cache does. False: nothing is proven.
	 * @param manifest a digest that it has just served
	 */
	servesFromMemory(repository: string, manifest: Digest, waiting: Waiting): Promise<boolean>;
	/** Undefined: the registry does not know the repository. */
	tags(repository: string, waiting: Waiting): Promise<string[] | undefined>;
	/**
	 * The catalogue, page by page as it is consumed. It may be empty. A name may come twice.
	 * @throws OperatorError registry.no-catalogue, where the registry does not list its repositories; registry.*
	 */
	repositories(waiting: Waiting): AsyncGenerator<string, CatalogueEnd>;
	/**
	 * Stores exact bytes under a digest or a tag.
	 * A lost response is thrown as OperatorError effect.unknown.
	 */
	putManifest(repository: string, reference: string, manifest: ManifestBytes, waiting: Waiting): Promise<PutAnswer>;
	/**
	 * Deletes a manifest by its digest, with every tag that names it. A lost response is thrown as OperatorError effect.unknown, and so
	 * is a 500: the registry may have removed the link already.
	 */
	deleteManifest(repository: string, digest: Digest, waiting: Waiting): Promise<DeleteAnswer>;
	/**
	 * Mounts a blob of another repository, without sending it. A lost response is thrown as OperatorError effect.unknown.
	 */
	mountBlob(repository: string, digest: Digest, from: string, waiting: Waiting): Promise<MountAnswer>;
	/**
	 * Uploads a blob as a stream, in bounded memory. The bytes are hashed, and bytes that do not match the digest are not stored.
	 * A lost response is thrown as OperatorError effect.unknown. On any earlier error nothing is stored.
	 */
	uploadBlob(
		repository: string,
		blob: {digest: Digest; size: number},
		bytes: AsyncIterable<Uint8Array>,
		waiting: Waiting & {onBytes?: (count: number) => void},
	): Promise<PutAnswer>;
	/** The SHA-256 fingerprint of the certificate that it presented last, `AB:CD:…`. Undefined: none was seen. */
	certificate(): string | undefined;
	/**
	 * How it last let in a request, or issued a token: `nora (the entry "registry.example" of FILE), with tokens of
	 * https://auth.example`. It holds no secret. Undefined: it did not so far.
	 */
	login(): string | undefined;
	/** What the registry last said of its rate limit. Undefined: nothing. */
	rateLimit(): RateLimit | undefined;
	/**
	 * What it says of its limit now, asked for by a manifest without pulling it. Undefined: it says nothing of one.
	 * @throws OperatorError registry.*
	 */
	askLimit(repository: string, reference: string, waiting: Waiting): Promise<RateLimit | undefined>;
	/** Requests made so far. */
	requests(): number;
	/** Responses so far that said the registry is overloaded (429, 503), retried ones included. */
	busy(): number;
	/** The same registry with new connections and empty caches. */
	fresh(): Registry;
	close(): Promise<void>;
};

/** What the catalogue ended with. */
export type CatalogueEnd = {
	pages: number;
	/** Requests for the names after a page without a `Link` that might not have been the last. 0: the list ended by itself. */
	furtherRequests: number;
	/** Repositories that the registry may have although its catalogue does not list them. */
	mayOmit: string[];
};

export type ManifestBytes = {bytes: Uint8Array; mediaType: string};

export type ManifestAnswer =
	| {
			state: 'found';
			bytes: Uint8Array;
			/** Of the bytes received, whatever a header claims. */
			digest: Digest;
			/** Docker-Content-Digest, where the bytes do not match it. */
			claimed?: Digest;
			/** Content-Type without its parameters. */
			mediaType: string;
	  }
	/** `revision`: the manifest that it looked for, as far as it says so: what a tag names. */
	| {state: 'missing'; status: number; detail: string; revision?: Digest}
	/** The registry cannot read this manifest or its link (500), twice. */
	| {state: 'unreadable'; status: number; detail: string}
	| UnservedAnswer;

/**
 * The registry failed on this part each time, and gave no reason: 500 three times over a pause, or bytes that it promised and
 * did not deliver. `failure` is what that means where it fails on others as well.
 */
export type UnservedAnswer = {state: 'unserved'; status: number; detail: string; failure: Reason};

export type BlobAnswer =
	/** `sizeOnly`: at depth `edge`, the registry only serves whole blobs, and its last byte was not read. */
	| {state: 'present'; status: number; sizeOnly?: true}
	| {state: 'missing'; status: number; detail: string}
	/** The registry says that its link holds no digest (500), twice. */
	| {state: 'unreadable'; status: number; detail: string}
	| UnservedAnswer
	| {state: 'empty'; status: number; detail: string; length?: 0}
	/**
	 * Shorter or longer than the descriptor says (`length`: the registry's bytes), or cut off again on a new connection. At
	 * `edge` it is not known of a large blob whether the data or the descriptor is wrong.
	 */
	| {state: 'truncated'; status: number; detail: string; length?: number}
	/** Every byte was hashed and is right; only the descriptor's size is not. */
	| {state: 'missized'; status: number; detail: string}
	| {state: 'corrupt'; status: number; detail: string};

/** `rejected`: the registry refused it, and nothing changed. A lost response is thrown as OperatorError effect.unknown. */
export type PutAnswer =
	| {state: 'stored'; digest: Digest; status: number}
	| {state: 'rejected'; status: number; detail: string};

/** `missing`: the registry has no such manifest, so nothing was deleted. A 405 among the rejections: it accepts no deletes. */
export type DeleteAnswer =
	| {state: 'deleted'; status: number}
	| {state: 'missing' | 'rejected'; status: number; detail: string};

/** `not-mounted`: the registry did not find the blob there or may not read it there, and expects an upload. Nothing changed. */
export type MountAnswer = PutAnswer | {state: 'not-mounted'; status: number};
