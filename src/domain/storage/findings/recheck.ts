import type {Digest} from '../../image/digest.ts';
import type {FaultKind} from '../../image/fault.ts';
import type {PathState, StorageListing} from '../listing/listing.ts';
import type {ObstacleKind} from '../listing/obstacles.ts';
import {blobData, currentLink, historyLink, layerLink, layersFolder, revisionLink} from '../listing/paths.ts';
import type {Finding, Scan} from './finding.ts';
import {GapList} from './gap-list.ts';

/** What the listing has at a path: a file, something in the place of one, or nothing. */
type Listed = {size: number; changed?: number} | {is: ObstacleKind} | undefined;

/** The paths on which the findings rest. They are read again, because a push may have been under way during the listing. */
export function pathsToRecheck(scan: Scan, listing: StorageListing): string[] {
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
 * Keeps the findings that still hold. A tag that was removed since cannot be broken any more; whatever changed or could not
 * be read again is a gap, because the listing says nothing about its present state.
 */
export function confirm(scan: Scan, listing: StorageListing, rechecked: ReadonlyMap<string, PathState>): Scan {
	const gaps = new GapList();
	const compare = listing.preciseTimes === false ? compareSizes : compareFiles;
	const findings = scan.findings.flatMap(finding => {
		const standing = stillTagged(
			finding,
			listing,
			(tag, listed) => {
				const again = rechecked.get(currentLink(finding.repository, tag));
				return {comparison: compare(listed, again), again};
			},
			gaps,
		);
		if (standing === undefined) {
			return [];
		}

		const comparisons = [...basisOf(finding, listing)].map(([path, listed]) => compare(listed, rechecked.get(path)));
		if (comparisons.every(comparison => comparison === 'same')) {
			return [standing];
		}

		const subject = `${finding.repository}: ${finding.digest ?? finding.tags.join(', ')}`;
		// What was read neither time may be damaged still.
		if (comparisons.includes('changed') && !comparisons.includes('unread')) {
			gaps.addMoved(finding, `${subject} (${finding.kind}) changed`);
		} else {
			gaps.add(`${subject} (${finding.kind}) could not be read again`);
		}

		return [];
	});

	return {
		...scan,
		findings,
		complete: scan.complete && gaps.size === 0,
		...gaps.after(scan),
	};
}

/** The finding with the tags that have not changed; undefined where none is left. */
function stillTagged(
	finding: Finding,
	listing: StorageListing,
	recheckTag: (tag: string, listed: Listed) => {comparison: Comparison; again: PathState | undefined},
	gaps: GapList,
): Finding | undefined {
	const {repository, tags} = finding;
	const ofRepository = listing.repositories.get(repository);
	const kept = tags.filter(tag => {
		const listed = listedAt(currentLink(repository, tag), ofRepository?.tags.get(tag)?.link, listing);
		const {comparison, again} = recheckTag(tag, listed);
		if (comparison === 'changed' && again?.state === 'there') {
			const isFile = again.is === undefined;
			gaps.addMoved({repository, tags: [tag]}, `${repository}:${tag} ${isFile ? 'was pushed' : 'changed'}`);
		} else if (comparison === 'unread') {
			gaps.add(`${repository}:${tag} could not be read again`);
		}

		return comparison === 'same';
	});
	return tags.length > 0 && kept.length === 0 ? undefined : {...finding, tags: kept};
}

function basisOf(
	{kind, repository, digest, missing, history = []}: Finding,
	listing: StorageListing,
): Map<string, Listed> {
	const {revisions, layers} = listing.repositories.get(repository) ?? {};
	const basis = new Map<string, Listed>();
	const put = (path: string, file: Listed) => basis.set(path, listedAt(path, file, listing));
	const data = (of: Digest) => put(blobData(of), listing.blobs.get(of));
	for (const part of missing) {
		data(part);
	}

	if (digest === undefined) {
		if (kind === 'layer-unlinked') {
			put(layersFolder(repository), undefined);
		}

		return basis;
	}

	for (const {tag, digest: of} of kind === 'tag-set-back' ? history : []) {
		const changed = listing.repositories.get(repository)?.tags.get(tag)?.history?.get(of);
		if (changed !== undefined) {
			put(historyLink(repository, tag, of), {size: of.length, changed});
		}
	}

	data(digest);
	// No repository: there is no link to look for.
	if (repository === '') {
		return basis;
	}

	const isBlob = layers?.has(digest) || linkOf[kind] === 'layer';
	if (isBlob) {
		put(layerLink(repository, digest), layers?.get(digest));
	}

	if (!isBlob || revisions?.has(digest)) {
		put(revisionLink(repository, digest), revisions?.get(digest));
	}

	return basis;
}

/** A symbolic link that leads to nothing is as good as nothing. */
function listedAt(path: string, file: Listed, {obstacles}: StorageListing): Listed {
	const kind = obstacles?.get(path);
	return kind === undefined || kind === 'nothing' ? file : {is: kind};
}

/** Where the digest of a finding of this kind has its link, if the listing has none that decides it. */
const linkOf: Record<FaultKind, 'layer' | 'revision'> = {
	'tag-dangling': 'revision',
	'child-unlinked': 'revision',
	'child-swept': 'revision',
	'child-missing': 'revision',
	'manifest-unreadable': 'revision',
	'config-missing': 'layer',
	'layer-missing': 'layer',
	'layer-unlinked': 'layer',
	'blob-empty': 'layer',
	'blob-truncated': 'layer',
	'blob-corrupt': 'layer',
	'type-mismatch': 'revision',
	'config-unreadable': 'layer',
	'diffid-mismatch': 'layer',
	'layer-unreadable': 'layer',
	'size-wrong': 'revision',
	'part-unserved': 'revision',
	'platform-missing': 'revision',
	'link-malformed': 'revision',
	'answers-differ': 'revision',
	'repository-vanished': 'revision',
	'tag-set-back': 'revision',
};

type Comparison = 'same' | 'changed' | 'unread';

/** Some hosts tell times in whole seconds only. */
function compareFiles(listed: Listed, again: PathState | undefined): Comparison {
	const bySize = compareSizes(listed, again);
	const before = listed !== undefined && 'size' in listed ? listed.changed : undefined;
	if (bySize !== 'same' || again?.state !== 'there' || again.changed === undefined || before === undefined) {
		return bySize;
	}

	return Math.floor(before) === Math.floor(again.changed) ? 'same' : 'changed';
}

/** For hosts whose times are not exact enough to be compared. */
function compareSizes(listed: Listed, again: PathState | undefined): Comparison {
	if (again === undefined || again.state === 'unread') {
		return 'unread';
	}

	if (again.state === 'gone' || listed === undefined) {
		return again.state === 'gone' && listed === undefined ? 'same' : 'changed';
	}

	const isSame =
		'is' in listed ? listed.is === (again.is ?? 'file') : again.is === undefined && listed.size === again.size;
	return isSame ? 'same' : 'changed';
}
