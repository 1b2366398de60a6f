import type {Digest} from '../image/digest.ts';
import type {FaultKind} from '../image/fault.ts';
import type {RemedyKind} from '../remedy/remedy.ts';

/** A fault with everything it reaches, once per repository and digest. */
export type Finding = {
	kind: FaultKind;
	repository: string;
	/**
	 * Of the damaged manifest or blob; for a dangling tag, of what the tag names, if it names a digest. Absent where the link
	 * of a tag or the folder of all layers is what is wrong.
	 */
	digest?: Digest;
	/** Every tag of this repository that cannot be pulled because of it, sorted. */
	tags: string[];
	/** The indexes through which those tags reach it, outermost first (the first path found). */
	via: Digest[];
	platform?: string;
	/** For a swept child: the config and layers that are gone. */
	missing: Digest[];
	remedy: RemedyKind;
	/** ISO 8601, UTC: when the disk last changed in the place the fault shows. Absent where the disk cannot tell. */
	since?: string;
	detail: string;
	/** What a relink would take, with the proof that it can be done. */
	plan?: RelinkPlan;
};

/** Whether it damages this image; without a tag, any image of the repository. */
export function touches(finding: Finding, repository: string, tag: string | undefined): boolean {
	return finding.repository === repository && (tag === undefined || finding.tags.includes(tag));
}

/** What has to be there for a link to be put back, in the order in which it has to be done: leaves first. */
export type RelinkPlan = {
	/** Whether every part is there, as long as it should be. */
	complete: boolean;
	parts: RelinkPart[];
	/** Tags whose own link has to be written again, after the parts. */
	retag?: string[];
	/** What may keep the registry from taking it all the same. */
	caveats?: string[];
};

/**
 * `linked`: in this repository, nothing to do. `elsewhere`: linked in the repository `from`, to be mounted.
 * `disk`: linked nowhere that helps: a blob is uploaded, a manifest PUT, from the bytes on the disk.
 * `damaged`: there, and not what it should be. `unread`: nobody looked.
 */
export type RelinkPart = {
	digest: Digest;
	role: 'manifest' | 'config' | 'layer';
	where: 'linked' | 'elsewhere' | 'disk' | 'gone' | 'damaged' | 'unread';
	from?: string;
	/** Bytes on the disk. */
	size?: number;
};

/** Nothing is broken by it yet. */
export type Risk = {
	/**
	 * `served-as-layer`: only an old rule of 2.8 still serves this manifest; a garbage collection does not see it.
	 * `corrupt-unneeded`: damaged data that no image needs; a push of the same blob would not replace it.
	 */
	kind: 'served-as-layer' | 'corrupt-unneeded';
	/** Absent where no repository has a link to it. */
	repository?: string;
	digest: Digest;
	tags: string[];
	via: Digest[];
	platform?: string;
	detail: string;
};

/** What a look at the store said. An incomplete one is never a clean bill of health. */
export type Scan = {
	root: string;
	complete: boolean;
	/** Why it is not complete, one line each. */
	gaps: string[];
	counts: {repositories: number; tags: number; indexes: number; links: number; blobs: number};
	findings: Finding[];
	/** What will break images, or keep them from being mended, although all of them can be pulled now. */
	risks?: Risk[];
	/**
	 * What is no damage, and worth knowing. `history`: old entries of tags, of manifests that are gone. `leftOut`: entries
	 * that no registry writes. `linksTakenBySize`: layer links of a large store of which only the size was looked at.
	 */
	harmless?: {history: number; leftOut: number; linksTakenBySize: number};
};
