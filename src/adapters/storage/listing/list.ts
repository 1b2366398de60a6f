import type {Link, StorageListing} from '../../../domain/storage/listing/listing.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {watched} from '../watched.ts';
import {firstBodies, forgetGuesses, namedButUnread, namedManifests} from './bodies.ts';
import {readInto} from './files.ts';
import {gapsOfTree} from './gaps.ts';
import {linksToRead} from './links.ts';
import {openTreeReader} from './listing-reader.ts';
import {rejectNoTree} from './no-tree.ts';
import {listTree} from './tree-script.ts';

export type ListOptions = Waiting & {
	shell: Shell;
	root: string;
	progress?: (files: number) => void;
	everyLink?: boolean;
};

const treeTimeoutMs = 4 * 60 * 60_000;

/**
 * Two commands, and a third where an index names a child that has no link and did not look like a manifest.
 * Deeper than that is a gap: an answer is wanted tonight.
 */
export async function listStore(options: ListOptions): Promise<StorageListing> {
	const {shell, signal, everyLink = false} = options;
	const {listing, rewritten} = await listTreeOf(options);
	const {places, taken} = linksToRead(listing, {rewritten, everyLink});
	const first = firstBodies(listing);
	await readInto(listing, {shell, links: places, bodies: first, signal});

	let named = namedManifests(listing);
	const second = namedButUnread(listing, named, new Set(first));
	if (second.length > 0) {
		await readInto(listing, {shell, links: [], bodies: second, signal});
		named = namedManifests(listing);
		const deeper = namedButUnread(listing, named, new Set([...first, ...second]));
		if (deeper.length > 0) {
			listing.gaps.push(`${deeper.length} manifests deep in others were not read, ${deeper[0]} among them`);
		}
	}

	forgetGuesses(listing, named);
	return {...listing, complete: listing.gaps.length === 0, linksTakenBySize: taken};
}

async function listTreeOf({
	shell,
	root,
	signal,
	progress,
}: ListOptions): Promise<{listing: StorageListing; rewritten: ReadonlySet<Link>}> {
	const reader = openTreeReader(progress);
	const request = {kind: 'read', script: listTree, input: `${root}\n`, timeoutMs: treeTimeoutMs} as const;
	const answer = await watched(shell, {...request, onOutput: reader.push}, {signal});
	rejectNoTree(answer.exitCode, root, shell.place);

	const tree = reader.tree();
	const {lines, unread} = gapsOfTree(tree, answer.stderr);
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
		leftOut: tree.leftOut,
		preciseTimes: tree.form !== 'ls',
	};
	return {listing, rewritten: tree.rewritten};
}
