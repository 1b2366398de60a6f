import {defined} from '../../defined.ts';
import type {Digest} from '../../image/digest.ts';
import type {FaultKind} from '../../image/fault.ts';
import type {Descriptor} from '../../image/manifest.ts';
import {count} from '../../text/wording.ts';
import {linkDamage, mayBeWhole} from '../listing/links.ts';
import type {Link} from '../listing/listing.ts';
import {effectOn, sayObstacle} from '../listing/obstacles.ts';
import {blobData, currentLink, layerLink, revisionLink} from '../listing/paths.ts';
import type {UnlinkedImage} from '../unlinked/unlinked-image.ts';
import type {StorageGraph} from './graph.ts';
import type {PastImage} from './history.ts';

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
	/** What the tag named later, newest first, as far as it is whole. */
	later?: PastImage[];
	is?: UnlinkedImage;
};

type Damage = NonNullable<ReturnType<StorageGraph['damage']>>;

/** Seen on 2.8.2: a PUT onto a folder answers 500, an upload onto one 201, and nothing is stored. */
const inTheWay = 'it has to be moved aside first, because no push can write there';
// @see distribution v2.8.3 blobwriter.moveBlob: what is there already is not written again
const pushKeepsIt = 'a push does not replace it: the bad data has to be moved aside first';

/** What damaged data means for the config or layer that it is. */
export function blobFault(
	graph: StorageGraph,
	{digest, size}: Descriptor,
	role: 'config' | 'layer',
	damage: Damage,
): Pick<StorageFault, 'kind' | 'detail'> {
	const stored = graph.listing.blobs.get(digest)?.size;
	const obstacle = stored === undefined ? graph.obstacle(blobData(digest)) : undefined;
	if (obstacle !== undefined) {
		const detail = `${sayObstacle(obstacle, `the data of this ${role}`)}: ${inTheWay}`;
		return {kind: damage === 'empty' ? 'blob-empty' : `${role}-missing`, detail};
	}

	switch (damage) {
		case 'gone':
			return {kind: `${role}-missing`, detail: `the data of this ${role} is gone`};

		case 'empty':
			return {
				kind: 'blob-empty',
				detail: `0 bytes on disk, ${size === 0 ? 'which is not what has this digest' : `${size} expected`}; ${pushKeepsIt}`,
			};

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

/** What is in the place of something that is gone, if anything is; else that it is gone. */
export function sayGone(graph: StorageGraph, path: string, {wanted, gone}: {wanted: string; gone: string}): string {
	const obstacle = graph.obstacle(path);
	return obstacle === undefined ? gone : `${sayObstacle(obstacle, wanted)}: ${inTheWay}`;
}

/** A manifest whose link is there and does not hold its digest, or cannot be read at all. */
export function revisionFault(graph: StorageGraph, repository: string, digest: Digest): Omit<StorageFault, 'via'> {
	const obstacle = graph.obstacle(revisionLink(repository, digest));
	if (obstacle !== undefined) {
		return {kind: 'link-malformed', digest, detail: `${sayObstacle(obstacle, 'its revision link')}: ${inTheWay}`};
	}

	const {revisions, layers} = graph.listing.repositories.get(repository)!;
	const own = revisions.get(digest);
	const link = own ?? layers.get(digest)!;
	const detail = `its revision link ${own === undefined ? 'is gone, and its layer link ' : ''}${linkDamage(link)}`;
	return {kind: 'link-malformed', digest, since: link.changed, detail};
}

/** The same of a config or layer. */
export function layerLinkFault(
	graph: StorageGraph,
	repository: string,
	digest: Digest,
	role: 'config' | 'layer',
): Omit<StorageFault, 'via'> {
	const obstacle = graph.obstacle(layerLink(repository, digest));
	if (obstacle !== undefined) {
		const detail = `${sayObstacle(obstacle, `the link of this ${role}`)}: ${inTheWay}`;
		return {kind: 'link-malformed', digest, detail};
	}

	const link = graph.listing.repositories.get(repository)!.layers.get(digest)!;
	return {
		kind: 'link-malformed',
		digest,
		since: link.changed,
		detail: `the link of this ${role} ${linkDamage(link)}`,
	};
}

/** A tag whose link holds no digest. Undefined: nothing is known to be wrong. */
export function tagFault(
	graph: StorageGraph,
	repository: string,
	tag: string,
	link: Link | undefined,
): StorageFault | undefined {
	const path = currentLink(repository, tag);
	const obstacle = graph.obstacle(path);
	if (obstacle !== undefined) {
		const isGone = effectOn('link', obstacle) === 'absent';
		const detail = `${sayObstacle(obstacle, `the link of tag ${tag}`)}: ${inTheWay}`;
		return {kind: isGone ? 'tag-dangling' : 'link-malformed', via: [], detail};
	}

	if (link === undefined) {
		const since = graph.times.tag(repository, tag);
		const past = graph.listing.repositories.get(repository)?.tags.get(tag)?.history?.size ?? 0;
		const history = past === 0 ? '' : `; its history names ${count(past, 'image')}`;
		return graph.absent(path) === 'unread'
			? undefined
			: {
					kind: 'tag-dangling',
					via: [],
					...defined({since}),
					detail: `tag ${tag} has no current/link${history}`,
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
