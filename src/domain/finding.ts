import type {Digest} from './digest.ts';
import type {FaultKind} from './fault.ts';
import type {RemedyKind} from './remedy.ts';

/** A fault with everything it reaches, once per repository and digest. */
export type Finding = {
	kind: FaultKind;
	repository: string;
	/** Of the damaged manifest or blob; for a dangling tag, of what the tag names, if it names a digest. */
	digest?: Digest;
	/** Every tag of this repository that cannot be pulled because of it, sorted. */
	tags: string[];
	/** The indexes through which those tags reach it, outermost first (the first path found). */
	via: Digest[];
	platform?: string;
	/** For a swept child: the config and layers that are gone. */
	missing: Digest[];
	remedy: RemedyKind;
	/** ISO 8601, UTC: when the disk last changed in the place the fault shows. */
	since?: string;
	detail: string;
};

/** Whether it damages this image; without a tag, any image of the repository. */
export function touches(finding: Finding, repository: string, tag: string | undefined): boolean {
	return finding.repository === repository && (tag === undefined || finding.tags.includes(tag));
}

/** What a look at the store said. An incomplete one is never a clean bill of health. */
export type Scan = {
	root: string;
	complete: boolean;
	/** Why it is not complete, one line each. */
	gaps: string[];
	counts: {repositories: number; tags: number; indexes: number; links: number; blobs: number};
	findings: Finding[];
};
