import type {CacheKind} from '../../audit/registries/descriptor-cache.ts';
import type {DamagedImage} from '../../damage/damaged-image.ts';
import type {Hold} from '../../hold/hold.ts';
import type {Digest} from '../../image/digest.ts';
import type {FaultKind} from '../../image/fault.ts';
import type {Past, UnusablePast} from '../../inventory/past.ts';
import type {RemedyKind} from '../../remedy/remedy.ts';
import type {CollectionStop} from '../listing/collection-stop.ts';
import type {ObstacleKind} from '../listing/obstacles.ts';
import type {Restore} from '../restore.ts';
import type {SameRegistry} from '../same-registry.ts';
import type {UnlinkedImage} from '../unlinked/unlinked-image.ts';
import type {RelinkPlan} from '../walk/relink-plan.ts';

/** A fault with everything it reaches, once per repository and digest. */
export type Finding = {
	kind: FaultKind;
	/** Of an image that no repository has, and whose name nothing tells: ''. */
	repository: string;
	/**
	 * Of the damaged manifest or blob; for a dangling tag, the digest that its link holds. Absent where the link of a tag or
	 * the folder of all layers is damaged.
	 */
	digest?: Digest;
	/** Every tag of this repository that cannot be pulled because of it, sorted. */
	tags: string[];
	/** The indexes through which those tags reach it, outermost first (the first path found). */
	via: Digest[];
	platform?: string;
	/** Of a manifest whose link is gone: what is gone below it. */
	missing: Digest[];
	remedy: RemedyKind;
	/**
	 * ISO 8601, UTC: by when it was so. It is when the damaged folder or file last changed, so that it may be earlier, never
	 * later. Absent where the disk cannot tell.
	 */
	since?: string;
	detail: string;
	/** What a relink would take, and whether it is possible. */
	plan?: RelinkPlan;
	/** What has to be moved aside first, because no push and no relink replaces it. Paths are below docker/registry/v2. */
	aside?: {path: string; is: ObstacleKind | 'damaged-data'}[];
	/**
	 * Of a tag that names nothing: what it has named and the disk still holds whole, newest first; of one that was set back,
	 * only what it named later. `named`: when the tag was last set to it; absent where the disk cannot tell.
	 */
	history?: {tag: string; digest: Digest; named?: string}[];
	/** Of an image that no repository has: what it is. */
	is?: UnlinkedImage;
	/** It damages the digest that was asked for, which no tag need name. */
	asked?: true;
};

/**
 * Whether it damages this image. A reference by digest is for the digest that was asked for. With a repository all its images
 * have vanished: they are brought back together.
 */
export function damagesImage(finding: Finding, {repository, tag, digest}: Asked): boolean {
	if (finding.kind === 'repository-vanished' && finding.repository === repository) {
		return true;
	}

	return digest === undefined
		? finding.repository === repository && (tag === undefined || finding.tags.includes(tag))
		: finding.asked === true || finding.digest === digest || finding.via.includes(digest);
}

type Asked = {repository: string; tag?: string; digest?: Digest};

/** Damage that breaks no image yet. */
export type LatentFault = {
	/**
	 * `served-as-layer`: 2.8 serves this manifest only by an old rule; a garbage collection does not see it.
	 * `corrupt-unneeded`: corrupt data that no image needs; a push of the same blob would not replace it.
	 * `in-the-way`: something is in the place of a file that no image needs; a push that needs it would fail.
	 */
	kind: 'served-as-layer' | 'corrupt-unneeded' | 'in-the-way';
	/** Absent where no repository has a link to it. */
	repository?: string;
	digest: Digest;
	tags: string[];
	via: Digest[];
	platform?: string;
	detail: string;
};

/** What changed while the store was read. Without `tags`, it may concern all of the repository; '' is any. `gap`: as the gaps say it. */
export type Moved = {repository: string; tags: string[]; gap: string};

/** The result of a scan of a store. Where it is incomplete, no findings do not mean that the store is intact. */
export type Scan = {
	root: string;
	complete: boolean;
	/** Why it is not complete, one line each. */
	gaps: string[];
	/** Those of the gaps that say no more than that something changed while it was read. */
	moved?: Moved[];
	counts: {repositories: number; tags: number; indexes: number; links: number; blobs: number};
	findings: Finding[];
	/** The images that the findings damage, each once. */
	images?: DamagedImage[];
	/** Where the registry caches descriptors, where its answers differ from the disk. */
	cache?: CacheKind;
	/** What cleans the store now and will next, as it was seen after the reading. A cleaner that ran makes the scan incomplete. */
	hold?: Hold;
	/** A cleaner ran, or was to start, while the store was read. */
	provisional?: true;
	/**
	 * Damaged images that no tag names, left over by pushes and repairs: nothing is broken by them. `unlinked`: images that no
	 * repository has, deleted on purpose or forgotten long ago.
	 */
	leftovers?: {images: number; findings: Finding[]; unlinked?: number};
	/** What the times of many repositories at once say of a restore. */
	restore?: Restore;
	/** What will break images, or prevent their repair, although they can all be pulled now. */
	risks?: LatentFault[];
	/**
	 * What is worth knowing and is no damage. `history`: entries in the history of tags whose manifest is gone. `leftOut`:
	 * entries that no registry writes. `strays`: the first of those. `linksTakenBySize`:
	 * links of a large store of which only the size was read. `notMeant`: parts of tagged images that are absent and whose
	 * platform is not meant to be there. `unlinkedUnread`: blobs without a link that were too many to read. `configsUnread`:
	 * configs that were too many or too large to read: whether a client can read them is not known. `collectionStops`: where a garbage collection ends with an error.
	 */
	harmless?: {
		history: number;
		leftOut: number;
		strays: string[];
		linksTakenBySize: number;
		notMeant?: number;
		unlinkedUnread?: number;
		configsUnread?: number;
		collectionStops?: CollectionStop[];
	};
	/** What the probes saw and the disk does not show any more. Absent: no inventory was given. */
	inventory?: Past | UnusablePast;
	/** How many of the images that are whole on the disk were asked for over HTTP as well. Absent: none was to be. */
	sampled?: {asked: number; of: number};
	/** Whether the registry that it was compared with serves this disk. Absent: it was not compared. */
	compared?: SameRegistry;
	/** Why the registry's storage itself fails: so many unrelated parts are not served that none of them is what failed. */
	trouble?: string;
};
