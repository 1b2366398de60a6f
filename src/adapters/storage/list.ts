import type {Digest} from '../../domain/digest.ts';
import type {StorageListing} from '../../domain/storage-listing.ts';
import type {Shell, Waiting} from '../../engine/ports.ts';
import {firstBodies, forgetGuesses, largestManifest, namedButUnread, takeBodies} from './bodies.ts';
import {blobFile, type Files, readFilesOutput} from './file-reader.ts';
import {gapsOfTree, unreadableIn} from './gaps.ts';
import {type LinkPlace, linksToRead, takeLinks} from './links.ts';
import {openTreeReader} from './listing-reader.ts';
import {rejectNoTree} from './no-tree.ts';
import {listTree, readFiles} from './scripts.ts';

export type ListOptions = Waiting & {shell: Shell; root: string; progress?: (files: number) => void};

const treeTimeoutMs = 15 * 60_000;
const filesTimeoutMs = 10 * 60_000;

/** Two commands for a store whose indexes have all their children's links, one more for each level that has not. */
export async function listStore({shell, root, signal, progress}: ListOptions): Promise<StorageListing> {
	const reader = openTreeReader(progress);
	const answer = await shell.run(
		{
			kind: 'read',
			script: listTree,
			input: `${root}\n`,
			timeoutMs: treeTimeoutMs,
			onOutput: chunk => reader.push(chunk),
		},
		{signal},
	);
	rejectNoTree(answer.exitCode, root, shell.place);

	const tree = reader.tree();
	const gaps = gapsOfTree(tree, answer.stderr);
	const listing: StorageListing = {
		root,
		complete: gaps.lines.length === 0,
		gaps: gaps.lines,
		repositories: tree.repositories,
		blobs: tree.blobs,
		manifests: new Map(),
		taken: tree.taken,
		folders: tree.folders,
		unread: gaps.unread,
	};

	let links = linksToRead(listing);
	let bodies = firstBodies(listing);
	const asked = new Set<Digest>();
	while (links.length > 0 || bodies.length > 0) {
		const files = await read(shell, root, links, bodies, listing, signal);
		takeLinks(listing, links, files);
		takeBodies(listing, bodies, files);
		links = [];
		for (const digest of bodies) {
			asked.add(digest);
		}

		bodies = namedButUnread(listing, asked);
	}

	forgetGuesses(listing);
	return {...listing, complete: listing.gaps.length === 0};
}

async function read(
	shell: Shell,
	root: string,
	links: LinkPlace[],
	bodies: Digest[],
	listing: StorageListing,
	signal: AbortSignal,
): Promise<Files> {
	const wanted = new Map(bodies.map(digest => [digest, listing.blobs.get(digest)!.size]));
	const asked = [...wanted].filter(([, size]) => size > 0 && size <= largestManifest);
	const lines = [root, `${links.length}`, ...links.map(({path}) => path), ...asked.map(([digest]) => blobFile(digest))];
	const answer = await shell.run(
		{kind: 'read', script: readFiles, input: `${lines.join('\n')}\n`, timeoutMs: filesTimeoutMs},
		{signal},
	);
	rejectNoTree(answer.exitCode, root, shell.place);

	const files = readFilesOutput(answer.stdout, links.length, new Map(asked));
	for (const {path, reason} of unreadableIn(answer.stderr)) {
		listing.gaps.push(path === '' ? reason : `${path}: ${reason}`);
	}

	if (!files.complete) {
		listing.gaps.push('the end of the links and manifests was not seen');
	}

	return files;
}
