import type {Digest} from '../../image/digest.ts';

/** A small file that names a digest. `content` is absent where only its size was looked at. */
export type Link = {size: number /** seconds since 1970 */; changed: number; content?: string};

/** A file under blobs/. */
export type StoredBlob = {size: number /** seconds since 1970 */; changed: number};

export type RepositoryListing = {
	/** Tag folders. A folder without current/link has no link. */
	tags: Map<string, {link?: Link}>;
	/** `_manifests/revisions/…/link`, by the digest of the path. */
	revisions: Map<Digest, Link>;
	/** `_layers/…/link`, by the digest of the path. */
	layers: Map<Digest, Link>;
};

/**
 * What the disk of a registry holds, as one pass of `find` saw it.
 * @see distribution v2.8.3 registry/storage/paths.go for the layout
 */
export type StorageListing = {
	root: string;
	/** False unless the whole tree was read and the end of the answer was seen. */
	complete: boolean;
	gaps: string[];
	repositories: Map<string, RepositoryListing>;
	blobs: Map<Digest, StoredBlob>;
	/** Bodies of what might be a manifest, each proven by its hash, or the reason why it is not one. */
	manifests: Map<Digest, {ok: true; text: string} | {ok: false; reason: string}>;
	/** Seconds since 1970 on the registry's host when the pass began. */
	taken: number;
	/** When folders that show a removal changed, in seconds since 1970, by their path below docker/registry/v2. */
	folders?: ReadonlyMap<string, number>;
	/** Paths below docker/registry/v2 that were not read: nothing under them is known to be gone. '' is everything. */
	unread?: readonly string[];
	/** Entries that no registry writes, each with all that is below it: they were seen, and are no part of the listing. */
	leftOut?: number;
	/**
	 * False where the host's own ls was all there was: then every `changed` is only the latest that it can be, by up to a
	 * minute or a day, and nothing says when something went away.
	 */
	preciseTimes?: boolean;
	/**
	 * Links of revisions and layers that were not read, because they have the right size and nobody wrote them a second
	 * time: in a large store they are taken to be right.
	 */
	linksTakenBySize?: number;
};
