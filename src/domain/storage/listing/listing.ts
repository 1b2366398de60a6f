import type {Digest} from '../../image/digest.ts';

/** A small file that holds a digest. `content` is absent where only its size was read. `changed`: seconds since 1970. */
export type Link = {size: number; changed: number; content?: string};

/** A file under blobs/. `changed`: seconds since 1970. */
export type StoredBlob = {size: number; changed: number};

/**
 * What a second look at one path below docker/registry/v2 saw. `changed`: seconds since 1970, as exact as in a listing of the
 * same host; absent where the host cannot tell. `unread`: nothing is known of it.
 */
export type PathState = {state: 'there'; size: number; changed?: number} | {state: 'gone'} | {state: 'unread'};

export type RepositoryListing = {
	/** Tag folders. A folder without current/link has no link. */
	tags: Map<string, {link?: Link}>;
	/** `_manifests/revisions/…/link`, by the digest of the path. */
	revisions: Map<Digest, Link>;
	/** `_layers/…/link`, by the digest of the path. */
	layers: Map<Digest, Link>;
};

/**
 * What the disk of a registry holds, as one run of `find` saw it.
 * @see distribution v2.8.3 registry/storage/paths.go for the layout
 */
export type StorageListing = {
	root: string;
	/** False unless the whole tree was read, up to the last line of the output. */
	complete: boolean;
	gaps: string[];
	repositories: Map<string, RepositoryListing>;
	blobs: Map<Digest, StoredBlob>;
	/** The text of every blob that may be a manifest, its hash checked; or why it is not one. */
	manifests: Map<Digest, {ok: true; text: string} | {ok: false; reason: string}>;
	/** Seconds since 1970 on the registry's host when `find` began. */
	taken: number;
	/** When the folders that can show a removal changed, in seconds since 1970, by their path below docker/registry/v2. */
	folders?: ReadonlyMap<string, number>;
	/** Paths below docker/registry/v2 that were not read: nothing under them is known to be gone. '' means everything. */
	unread?: readonly string[];
	/** How many entries were skipped, because no registry writes them; everything below one counts with it. */
	leftOut?: number;
	/**
	 * False where the host only has `ls`: then every `changed` may be up to a minute or a day too late, and the time of a
	 * removal is unknown.
	 */
	preciseTimes?: boolean;
	/**
	 * Links of revisions and layers that were not read, because they have the right size and were written only once: in a
	 * large store they count as right.
	 */
	linksTakenBySize?: number;
};
