import {defined} from '../../defined.ts';
import type {Digest} from '../../image/digest.ts';
import type {FaultKind} from '../../image/fault.ts';
import type {Descriptor} from '../../image/manifest.ts';
import {count} from '../../text/wording.ts';
import {linkDamage, mayBeWhole} from '../listing/links.ts';
import type {Link} from '../listing/listing.ts';
import {currentLink} from '../listing/paths.ts';
import type {StorageGraph} from './graph.ts';

/** One fault on the way down from a tag, before the tags that share it are put together. */
export type StorageFault = {
	kind: FaultKind;
	digest?: Digest;
	/** Reported once for the whole repository, with all the tags it breaks. */
	ofRepository?: true;
	/** The manifests above it, outermost first. */
	via: Digest[];
	platform?: string;
	missing?: Digest[];
	/** Seconds since 1970. */
	since?: number;
	detail: string;
};

type Damage = NonNullable<ReturnType<StorageGraph['damage']>>;

// @see distribution v2.8.3 blobwriter.moveBlob: what is there already is not written again
const pushKeepsIt = 'a push does not replace it: the bad data has to be moved aside first';

/** What damaged data means for the config or layer that it is. */
export function blobFault(
	{listing}: StorageGraph,
	{digest, size}: Descriptor,
	role: 'config' | 'layer',
	damage: Damage,
): Pick<StorageFault, 'kind' | 'detail'> {
	const stored = listing.blobs.get(digest)?.size;
	switch (damage) {
		case 'gone':
			return {kind: `${role}-missing`, detail: `the data of this ${role} is gone`};

		case 'empty':
			return {kind: 'blob-empty', detail: `0 bytes on disk, ${size} expected; ${pushKeepsIt}`};

		case 'truncated':
			return {kind: 'blob-truncated', detail: `${stored} bytes on disk, ${size} expected; ${pushKeepsIt}`};

		case 'resized':
			return {
				kind: 'blob-truncated',
				detail: `${stored} bytes on disk, ${size} expected; --hash tells whether the data or the manifest is wrong`,
			};

		case 'missized':
			return {kind: 'size-wrong', detail: `${stored} bytes on disk, which match its digest; the manifest says ${size}`};

		case 'corrupt':
			return {kind: 'blob-corrupt', detail: `its size is right, but its bytes do not match its digest; ${pushKeepsIt}`};
	}
}

/** A manifest whose link is there and does not hold its digest. */
export function revisionFault({listing}: StorageGraph, repository: string, digest: Digest): Omit<StorageFault, 'via'> {
	const {revisions, layers} = listing.repositories.get(repository)!;
	const own = revisions.get(digest);
	const link = own ?? layers.get(digest)!;
	const detail = `its revision link ${own === undefined ? 'is gone, and its layer link ' : ''}${linkDamage(link)}`;
	return {kind: 'link-malformed', digest, since: link.changed, detail};
}

/** A tag whose link holds no digest. Undefined: nothing is known to be wrong. */
export function tagFault(
	graph: StorageGraph,
	repository: string,
	tag: string,
	link: Link | undefined,
): StorageFault | undefined {
	if (link === undefined) {
		const since = graph.times.tag(repository, tag);
		return graph.absent(currentLink(repository, tag)) === 'unread'
			? undefined
			: {
					kind: 'tag-dangling',
					via: [],
					...defined({since}),
					detail: `tag ${tag} has no current/link`,
				};
	}

	// A link whose content could not be read is a gap already.
	if (link.content === undefined && mayBeWhole(link)) {
		return undefined;
	}

	const target = graph.intendedTarget(repository, tag);
	return {
		kind: 'link-malformed',
		via: [],
		since: link.changed,
		detail: `the link of tag ${tag} ${linkDamage(link)}${target === undefined ? '' : `; it meant ${target}`}`,
	};
}

/** `its link and 3 parts of it are gone`: counts of 0 are left out. */
export function sayLoss(gone: number, damaged: number): string {
	const are = (number: number) => (number === 1 ? 'is' : 'are');
	if (damaged === 0) {
		return `its link and ${count(gone, 'part')} of it are gone`;
	}

	return gone === 0
		? `its link is gone, and ${count(damaged, 'part')} of it ${are(damaged)} damaged`
		: `its link and ${count(gone, 'part')} of it are gone, ${damaged} more ${are(damaged)} damaged`;
}
