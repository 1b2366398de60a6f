import {OperatorError} from '../../../domain/errors.ts';
import type {Digest} from '../../../domain/image/digest.ts';
import type {Link, StorageListing, StoredBlob} from '../../../domain/storage/listing/listing.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {describeComplaints, readComplaints} from '../complaints.ts';
import {recheckPaths} from '../recheck.ts';
import {runTogetherUntilStalled} from '../stall.ts';
import {noRoot, rejectRootExits} from '../store-root.ts';
import {likelyManifests, linksToRead, referencedManifests} from './choose-files.ts';
import {openParsed} from './parsed-manifests.ts';
import {readConfigs} from './read-configs.ts';
import {readInto} from './read-files.ts';
import {sortOut} from './sort-out.ts';
import type {Tree} from './tree.ts';
import {listTree, openTreeReader, partsOfTree} from './tree-output.ts';

type ListOptions = Waiting & {
	shell: Shell;
	root: string;
	/** Called with the number of entries listed so far. */
	progress?: (files: number) => void;
	everyLink?: boolean;
	manifests?: readonly Digest[];
};

const treeTimeoutMs = 4 * 60 * 60_000;

/**
 * Lists the tree, then reads links and likely manifests, each in two commands at once; then configs. One more command reads
 * manifests that only an index named. Manifests that these name in turn become a gap: the result is wanted tonight.
 */
export async function listStore(options: ListOptions): Promise<StorageListing> {
	const {shell, signal, everyLink = false, manifests = []} = options;
	const {listing, rewritten} = await readTree(options);
	const {links, takenBySize} = linksToRead(listing, {rewritten, everyLink});
	const {likely, leftUnread} = likelyManifests(listing);
	const first = [...new Set([...likely, ...manifests.filter(digest => listing.blobs.has(digest))])];
	await readInto(listing, {shell, links, manifests: first, signal});

	const parsed = openParsed(listing);
	let referenced = referencedManifests(listing, parsed);
	const second = unreadOf(listing, referenced, first);
	if (second.length > 0) {
		await readInto(listing, {shell, links: [], manifests: second, signal});
		referenced = referencedManifests(listing, parsed);
		const third = unreadOf(listing, referenced, [...first, ...second]);
		if (third.length > 0) {
			listing.gaps.push(`${third.length} deeply nested manifests were not read, ${third[0]} among them`);
		}
	}

	const configs = sortOut(listing, new Set([...referenced, ...manifests]), parsed);
	const meanings = await readConfigs(listing, {shell, parsed: parsed.all(), signal});
	return {
		...listing,
		complete: listing.gaps.length === 0,
		linksTakenBySize: takenBySize,
		configs,
		...meanings,
		unlinkedUnread: leftUnread.filter(digest => !listing.manifests.has(digest)).length,
	};
}

function unreadOf({blobs}: StorageListing, referenced: ReadonlySet<Digest>, read: readonly Digest[]): Digest[] {
	const seen = new Set(read);
	return [...referenced].filter(digest => blobs.has(digest) && !seen.has(digest));
}

async function readTree({
	shell,
	root,
	signal,
	progress,
}: ListOptions): Promise<{listing: StorageListing; rewritten: ReadonlySet<Link>}> {
	const reader = openTreeReader(progress);
	const requests = partsOfTree.map(part => ({
		...({kind: 'read', script: listTree, timeoutMs: treeTimeoutMs} as const),
		input: `${root}\n${part}\n`,
		onOutput: reader.part(),
	}));
	const results = await runTogetherUntilStalled(shell, requests, {signal});
	for (const result of results) {
		rejectRootExits(result, root, shell.place);
	}

	const tree = reader.tree();
	rejectOtherLayouts(tree, root, shell.place);
	await followLinks(tree, reader.put, {shell, root, signal});
	const {lines, unread} = gapsOfTree(
		tree,
		results.map(({stderr}) => stderr),
	);
	const listing = {
		root,
		complete: lines.length === 0,
		gaps: lines,
		repositories: tree.repositories,
		blobs: tree.blobs,
		manifests: new Map(),
		taken: tree.taken,
		folders: tree.folders,
		unread,
		obstacles: tree.obstacles,
		leftOut: tree.leftOut,
		strays: tree.strays,
		strayStops: tree.stops,
		preciseTimes: tree.form !== 'ls',
	};
	return {listing, rewritten: tree.rewritten};
}

/** The registry follows a symbolic link in the place of a file, so what it leads to is what counts. */
async function followLinks(
	{linked, obstacles, closed}: Tree,
	put: (path: string, file: StoredBlob) => void,
	where: Waiting & {shell: Shell; root: string},
): Promise<void> {
	for (const [path, found] of await recheckPaths(linked, where)) {
		if (found.state === 'unread') {
			closed.push({path, reason: 'is a symbolic link'});
		} else if (found.state === 'gone') {
			obstacles.set(path, 'nothing');
		} else if (found.is !== undefined) {
			obstacles.set(path, found.is);
		} else {
			put(path, {size: found.size, changed: found.changed ?? 0});
		}
	}
}

/** @throws OperatorError storage.object-store | storage.no-root */
function rejectOtherLayouts({blobs, repositories, otherLayouts}: Tree, root: string, place: string): void {
	const {objectStore, ociLayout} = otherLayouts;
	if (blobs.size === 0 && objectStore > 0) {
		throw new OperatorError(
			'storage.object-store',
			`${root} on ${place} is the disk of an object store (every file is a folder with xl.meta in it), not a registry's folder.`,
			{
				hint: 'Check the images through the registry instead: `regmedic probe HOST[:PORT]`, or `regmedic verify IMAGE`.',
				exit: 'configuration',
			},
		);
	}

	if (blobs.size === 0 && repositories.size === 0 && ociLayout > 0) {
		throw noRoot(root, place, 'its blobs lie as in an OCI layout, or in the content store of containerd');
	}
}

/**
 * What was not read, as lines for people, and as paths below which nothing is known to be gone.
 * @param stderrs of the commands that listed the parts, in their order
 */
export function gapsOfTree(
	{ends, closed, malformed, taken}: Tree,
	stderrs: readonly string[],
): {lines: string[]; unread: string[]} {
	const parts = stderrs.map((stderr, n) => gapsOfPart(ends[n], stderr));
	const lines = [
		...closed.map(({path, reason}) => `${path} ${reason} and was not read`),
		...parts.flatMap(part => part.complaints),
		...(malformed > 0 ? [`${malformed} lines of the listing are not entries`] : []),
		...(Number.isNaN(taken) ? ['the host did not tell the time'] : []),
		...parts.flatMap(part => part.endings),
	];
	const unread = [...closed.map(({path}) => path), ...parts.flatMap(part => part.unread)];
	return {lines: [...new Set(lines)], unread: malformed > 0 || unread.includes('') ? [''] : [...new Set(unread)]};
}

function gapsOfPart(end: number | undefined, stderr: string) {
	const complaints = readComplaints(stderr);
	const told = describeComplaints(complaints);
	const everything = {complaints: told, unread: ['']};
	if (end === undefined) {
		return {...everything, endings: ['the listing ended before its last entry']};
	}

	if (complaints.isCut) {
		return {...everything, endings: []};
	}

	// A find that failed on the paths it complained about has read everything else; a find that was killed has not.
	const hasComplained = complaints.unreadable.length > 0 || complaints.vanished.size > 0;
	const isExplained = end === 0 || (end === 1 && hasComplained);
	return isExplained
		? {complaints: told, unread: complaints.unreadable.map(({path}) => path), endings: []}
		: {...everything, endings: [`find ended with exit ${end}`]};
}
