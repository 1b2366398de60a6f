import type {Digest} from '../../image/digest.ts';
import type {ParsedManifest} from '../../image/manifest.ts';
import type {ConfigFact} from '../../image/pullable/judge-config.ts';
import type {CollectionStop} from './collection-stop.ts';
import type {ObstacleKind} from './obstacles.ts';

/** A small file that holds a digest. `content` is absent where only its size was read. `changed`: seconds since 1970. */
export type Link = {size: number; changed: number; content?: string};

/** A file under blobs/. `changed`: seconds since 1970. */
export type StoredBlob = {size: number; changed: number};

/**
 * What a second look at one path below docker/registry/v2 saw, where symbolic links lead to. `changed`: seconds since 1970, as
 * exact as in a listing of the same host; absent where the host cannot tell. `is`: absent for a plain file. `unread`: nothing
 * is known of it.
 */
export type PathState =
	| {state: 'there'; size: number; changed?: number; is?: ObstacleKind}
	| {state: 'gone'}
	| {state: 'unread'};

/** `history`: the digests that the tag has named, and when each was written last. No image is served from it. */
export type TagListing = {link?: Link; history?: ReadonlyMap<Digest, number>};

export type RepositoryListing = {
	/** Tag folders. A folder without current/link has no link. */
	tags: Map<string, TagListing>;
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
	/**
	 * The text of every blob that may be a manifest, its hash checked; or why it is not one. Also of those that no repository
	 * links and no manifest names.
	 */
	manifests: Map<Digest, {ok: true; text: string} | {ok: false; reason: string}>;
	/** What has been parsed of them already, without a media type. */
	parsed?: ReadonlyMap<Digest, ParsedManifest>;
	/** The texts of configs that such unlinked images need, as far as they are known. */
	configs?: ReadonlyMap<Digest, string>;
	/** What the configs of the images say, as far as they were read. `corrupt`: the bytes do not match the digest. */
	imageConfigs?: ReadonlyMap<Digest, ConfigFact | 'corrupt'>;
	/** How many configs were not read: too many, or too large. */
	configsUnread?: number;
	/** How many unlinked blobs were too many to read: they may be manifests. */
	unlinkedUnread?: number;
	/** Seconds since 1970 on the registry's host when `find` began. */
	taken: number;
	/** When the folders that can show a removal changed, in seconds since 1970, by their path below docker/registry/v2. */
	folders?: ReadonlyMap<string, number>;
	/** What stands where a registry keeps a file or a folder of its own, by the path below docker/registry/v2. */
	obstacles?: ReadonlyMap<string, ObstacleKind>;
	/** Paths below docker/registry/v2 that were not read: nothing under them is known to be gone. '' means everything. */
	unread?: readonly string[];
	/** How many entries were skipped, because no registry writes them; everything below one counts with it. */
	leftOut?: number;
	/** The paths of the first of them. */
	strays?: readonly string[];
	/** At which of all such entries a garbage collection stops. */
	strayStops?: readonly CollectionStop[];
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
