import type {Digest} from '../../image/digest.ts';
import type {Finding, Scan} from '../finding.ts';
import type {StorageListing} from '../listing/listing.ts';
import {blobData, currentLink, layerLink, layersFolder, revisionLink} from '../listing/paths.ts';

/** What a second look at one path below docker/registry/v2 saw. `changed`: seconds since 1970, where the host can tell. */
export type Rechecked = {state: 'there'; size: number; changed?: number} | {state: 'gone'} | {state: 'unread'};

/** What the first look saw there; undefined: nothing. */
type Seen = {size: number; changed?: number} | undefined;

/** Paths whose absence or shape the findings rest on: a registry lives, and a push may have been on its way. */
export function suspects(scan: Scan, listing: StorageListing): string[] {
	return [
		...new Set(
			scan.findings.flatMap(finding => [
				...basisOf(finding, listing).keys(),
				...finding.tags.map(tag => currentLink(finding.repository, tag)),
			]),
		),
	];
}

/**
 * Keeps the findings that still stand. A tag that was removed meanwhile has nothing left to be broken; what moved, came or
 * could not be looked at again is a gap: nobody knows what is true of it now.
 */
export function confirm(scan: Scan, listing: StorageListing, rechecked: ReadonlyMap<string, Rechecked>): Scan {
	const gaps = new Set<string>();
	const compare = listing.preciseTimes === false ? compareSizes : compareFiles;
	const findings = scan.findings.flatMap(finding => {
		const standing = stillTagged(
			finding,
			listing,
			(tag, seen) => {
				const again = rechecked.get(currentLink(finding.repository, tag));
				return {answer: compare(seen, again), isThere: again?.state === 'there'};
			},
			gaps,
		);
		if (standing === undefined) {
			return [];
		}

		const answers = [...basisOf(finding, listing)].map(([path, seen]) => compare(seen, rechecked.get(path)));
		if (answers.every(answer => answer === 'same')) {
			return [standing];
		}

		const what = `${finding.repository}: ${finding.digest ?? finding.tags.join(', ')}`;
		gaps.add(
			answers.includes('changed')
				? `${what} (${finding.kind}) changed while the store was read`
				: `${what} (${finding.kind}) could not be looked at again`,
		);
		return [];
	});

	return {
		...scan,
		findings,
		complete: scan.complete && gaps.size === 0,
		gaps: [...scan.gaps, ...gaps],
	};
}

/** The finding with the tags that still are what they were. */
function stillTagged(
	finding: Finding,
	listing: StorageListing,
	lookAt: (tag: string, seen: Seen) => {answer: Answer; isThere: boolean},
	gaps: Set<string>,
): Finding | undefined {
	const {repository, tags} = finding;
	const ofRepository = listing.repositories.get(repository);
	const kept = tags.filter(tag => {
		const {answer, isThere} = lookAt(tag, ofRepository?.tags.get(tag)?.link);
		if (answer === 'changed' && isThere) {
			gaps.add(`${repository}:${tag} was pushed while the store was read`);
		} else if (answer === 'unread') {
			gaps.add(`${repository}:${tag} could not be looked at again`);
		}

		return answer === 'same';
	});
	return tags.length > 0 && kept.length === 0 ? undefined : {...finding, tags: kept};
}

function basisOf({kind, repository, digest, missing}: Finding, listing: StorageListing): Map<string, Seen> {
	const {revisions, layers} = listing.repositories.get(repository) ?? {};
	const basis = new Map<string, Seen>();
	const data = (of: Digest) => basis.set(blobData(of), listing.blobs.get(of));
	for (const part of missing) {
		data(part);
	}

	if (digest === undefined) {
		if (kind === 'layer-unlinked') {
			basis.set(layersFolder(repository), undefined);
		}

		return basis;
	}

	data(digest);
	const isBlob = layers?.has(digest) || blobKinds.has(kind);
	if (isBlob) {
		basis.set(layerLink(repository, digest), layers?.get(digest));
	}

	if (!isBlob || revisions?.has(digest)) {
		basis.set(revisionLink(repository, digest), revisions?.get(digest));
	}

	return basis;
}

const blobKinds: ReadonlySet<string> = new Set([
	'config-missing',
	'layer-missing',
	'layer-unlinked',
	'blob-empty',
	'blob-truncated',
	'blob-corrupt',
]);

type Answer = 'same' | 'changed' | 'unread';

/** Some hosts tell times in whole seconds. */
function compareFiles(seen: Seen, again: Rechecked | undefined): Answer {
	const answer = compareSizes(seen, again);
	if (answer !== 'same' || again?.state !== 'there' || again.changed === undefined || seen?.changed === undefined) {
		return answer;
	}

	return Math.floor(seen.changed) === Math.floor(again.changed) ? 'same' : 'changed';
}

/** All there is where the host's times are too vague to be compared. */
function compareSizes(seen: Seen, again: Rechecked | undefined): Answer {
	if (again === undefined || again.state === 'unread') {
		return 'unread';
	}

	const size = again.state === 'gone' ? undefined : again.size;
	return seen?.size === size ? 'same' : 'changed';
}
