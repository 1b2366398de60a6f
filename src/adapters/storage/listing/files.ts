import type {Digest} from '../../../domain/image/digest.ts';
import type {StorageListing} from '../../../domain/storage/listing/listing.ts';
import {blobData} from '../../../domain/storage/listing/paths.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import {readSaid, type Said, sayUnreadable} from '../said.ts';
import {watched} from '../watched.ts';
import {judgeBySize} from './bodies.ts';
import {blobFile} from './body-cutter.ts';
import {openFilesReader} from './files-reader.ts';
import {readFiles} from './files-script.ts';
import type {LinkPlace} from './links.ts';
import {rejectNoTree} from './no-tree.ts';

const filesTimeoutMs = 60 * 60_000;

/** Reads links and bodies in one command and puts them into the listing. What could not be read becomes a gap. */
export async function readInto(
	listing: StorageListing,
	{shell, links, bodies, signal}: {shell: Shell; links: LinkPlace[]; bodies: Digest[]; signal: AbortSignal},
): Promise<void> {
	const {root, manifests, gaps, blobs} = listing;
	const wanted = judgeBySize(listing, bodies);
	const reader = openFilesReader(links, wanted, ({digest, bytes}) => {
		const damaged = {ok: false, reason: 'its bytes do not match its digest'} as const;
		manifests.set(
			digest,
			bytes === undefined
				? damaged
				: {ok: true, text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()},
		);
	});
	const input = inputOf(root, links, wanted);
	const request = {kind: 'read', script: readFiles, input, timeoutMs: filesTimeoutMs} as const;
	const answer = await watched(shell, {...request, onOutput: reader.push}, {signal});
	rejectNoTree(answer.exitCode, root, shell.place);

	const isComplete = reader.finish();
	const said = readSaid(answer.stderr);
	gaps.push(...sayUnreadable(said));
	const unreadLinks = reader.links.finish(said);
	forgetDoubtful(listing, wanted, said);
	const unreadBodies = [...wanted.keys()].filter(digest => !manifests.has(digest));
	const gone = unreadBodies.filter(digest => said.vanished.has(blobData(digest)));
	for (const digest of gone) {
		blobs.delete(digest);
	}

	if (!isComplete) {
		gaps.push('the end of the links and manifests was not seen');
	} else if (unreadLinks.length > 0) {
		gaps.push(`${unreadLinks.length} links could not be read, ${unreadLinks[0]!.path} among them`);
	} else if (unreadBodies.length > gone.length) {
		const first = unreadBodies.find(digest => !gone.includes(digest));
		gaps.push(
			`${unreadBodies.length - gone.length} blobs that may be manifests could not be read, ${first} among them`,
		);
	}
}

/** In pieces: the paths of a large store are more than one wants to hold at once. */
async function* inputOf(
	root: string,
	links: LinkPlace[],
	wanted: ReadonlyMap<Digest, number>,
): AsyncGenerator<Uint8Array> {
	const linesOfPiece = 2000;
	let lines = [root, `${links.length}`];
	for (const path of pathsOf(links, wanted)) {
		lines.push(path);
		if (lines.length === linesOfPiece) {
			yield Buffer.from(`${lines.join('\n')}\n`);
			lines = [];
		}
	}

	yield Buffer.from(lines.map(line => `${line}\n`).join(''));
}

function* pathsOf(links: LinkPlace[], wanted: ReadonlyMap<Digest, number>): Generator<string> {
	for (const {path} of links) {
		yield `./${path}`;
	}

	for (const digest of wanted.keys()) {
		yield blobFile(digest);
	}
}

/** Bytes that do not match prove nothing where head says that it could not read them, or where its words were lost. */
function forgetDoubtful({manifests}: StorageListing, wanted: ReadonlyMap<Digest, number>, said: Said): void {
	const unreadable = new Set(said.unreadable.map(({path}) => path));
	for (const digest of said.isCut || unreadable.size > 0 ? wanted.keys() : []) {
		const isDoubtful = said.isCut || unreadable.has('') || unreadable.has(blobData(digest));
		if (isDoubtful && manifests.get(digest)?.ok === false) {
			manifests.delete(digest);
		}
	}
}
