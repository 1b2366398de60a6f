import type {Digest} from '../../../domain/image/digest.ts';
import type {StorageListing} from '../../../domain/storage/listing/listing.ts';
import {blobData} from '../../../domain/storage/listing/paths.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {blobFile} from '../blobs/read-blob.ts';
import {type Complaints, describeComplaints, readComplaints} from '../complaints.ts';
import {runTogetherUntilStalled} from '../stall.ts';
import {enterRoot, rejectRootExits} from '../store-root.ts';
import {openPlaces, pathOfLink, type WantedLink} from './choose-files.ts';
import {openFilesReader} from './files-output.ts';
import type {HeadBlob} from './head-output.ts';

const filesTimeoutMs = 60 * 60_000;
/** The longest manifest that registry 2.8 reads, in bytes. @see distribution v2.8.3 handlers/manifests.go, maxManifestBodySize */
const largestManifest = 4 * 1024 * 1024;

/**
 * The line after the root is the number of links; then come the paths of the links, one a line, and the paths of blobs.
 * Prints links as grep does: each line after the path of its file, so no content can pass for another file's. After a
 * line `blobs` come the blobs as head prints them, each after a line with its path; then `end` and the exit code.
 * awk passes each path on to grep or to head, because xargs would read the whole input.
 */
export const readFiles = `${enterRoot}
IFS= read -r count
text=
if echo x | grep -aq x 2>/dev/null; then text=-a; fi
$low awk -v count="$count" -v links="xargs grep $text '' /dev/null" -v blobs="xargs head -c ${largestManifest + 1} /dev/null" '
NR == 1 && count == 0 {system("echo blobs")}
NR <= count {print | links}
NR == count {close(links); system("echo blobs")}
NR > count {print | blobs}
END {if (NR == 0 && count == 0) system("echo blobs"); close(blobs)}'
printf '\\000end %s\\000' "$?"
`;

/** Reads links and manifests in two commands at once and puts them into the listing. What cannot be read becomes a gap. */
export async function readInto(
	listing: StorageListing,
	{shell, links, manifests: digests, signal}: Waiting & {shell: Shell; links: WantedLink[]; manifests: Digest[]},
): Promise<void> {
	const {root, manifests, gaps, blobs} = listing;
	const wanted = takeBySize(listing, digests);
	const onBlob = ({digest, bytes}: HeadBlob) => {
		const damaged = {ok: false, reason: 'its bytes do not match its digest'} as const;
		manifests.set(
			digest,
			bytes === undefined
				? damaged
				: {ok: true, text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()},
		);
	};
	const putLink = openPlaces(listing);
	const parts = partsOf(links, wanted).map(part => ({
		...part,
		reader: openFilesReader(part.links, part.wanted, {putLink, onBlob}),
	}));
	const requests = parts.map(part => ({
		...({kind: 'read', script: readFiles, timeoutMs: filesTimeoutMs} as const),
		input: {[Symbol.asyncIterator]: () => inputOf(root, part)},
		onOutput: part.reader.push,
	}));
	const results = await runTogetherUntilStalled(shell, requests, {signal});
	const found = new Set<string>();
	for (const [n, {reader, wanted: asked}] of parts.entries()) {
		const result = results[n]!;
		rejectRootExits(result, root, shell.place);
		const isComplete = reader.finish();
		const complaints = readComplaints(result.stderr);
		for (const line of describeComplaints(complaints)) {
			found.add(line);
		}

		const unreadLinks = reader.unreadLinks(complaints);
		forgetDoubtful(listing, asked, complaints);
		const unreadBlobs = [...asked.keys()].filter(digest => !manifests.has(digest));
		const gone = unreadBlobs.filter(digest => complaints.vanished.has(blobData(digest)));
		for (const digest of gone) {
			blobs.delete(digest);
		}

		if (!isComplete) {
			found.add('the output of the host ended before the last link or manifest');
		} else if (unreadLinks.length > 0) {
			found.add(`${unreadLinks.length} links could not be read, ${pathOfLink(unreadLinks[0]!)} among them`);
		} else if (unreadBlobs.length > gone.length) {
			const first = unreadBlobs.find(digest => !gone.includes(digest));
			const count = unreadBlobs.length - gone.length;
			found.add(`${count} blobs that may be manifests could not be read, ${first} among them`);
		}
	}

	gaps.push(...found);
}

type Part = {links: WantedLink[]; wanted: ReadonlyMap<Digest, number>};

function partsOf(links: WantedLink[], wanted: ReadonlyMap<Digest, number>): Part[] {
	return links.length > 0 && wanted.size > 0
		? [
				{links, wanted: new Map()},
				{links: [], wanted},
			]
		: [{links, wanted}];
}

/** Judges blobs that are empty or too long for any registry. @returns the others, with their size in bytes */
function takeBySize(listing: StorageListing, digests: readonly Digest[]): Map<Digest, number> {
	const wanted = new Map<Digest, number>();
	for (const digest of digests) {
		const {size} = listing.blobs.get(digest)!;
		if (size === 0) {
			listing.manifests.set(digest, {ok: false, reason: 'it is empty'});
		} else if (size > largestManifest) {
			listing.manifests.set(digest, {ok: false, reason: 'it is longer than the 4 MiB a registry reads'});
		} else {
			wanted.set(digest, size);
		}
	}

	return wanted;
}

/** In pieces: the paths of a large store are too many to join into one string. */
async function* inputOf(root: string, {links, wanted}: Part): AsyncGenerator<Uint8Array> {
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

function* pathsOf(links: WantedLink[], wanted: ReadonlyMap<Digest, number>): Generator<string> {
	for (const link of links) {
		yield `./${pathOfLink(link)}`;
	}

	for (const digest of wanted.keys()) {
		yield blobFile(digest);
	}
}

/** Bytes that do not match prove no damage where head reports a read error, or where its report may be lost. */
function forgetDoubtful(
	{manifests}: StorageListing,
	wanted: ReadonlyMap<Digest, number>,
	complaints: Complaints,
): void {
	const unreadable = new Set(complaints.unreadable.map(({path}) => path));
	for (const digest of complaints.isCut || unreadable.size > 0 ? wanted.keys() : []) {
		const isDoubtful = complaints.isCut || unreadable.has('') || unreadable.has(blobData(digest));
		if (isDoubtful && manifests.get(digest)?.ok === false) {
			manifests.delete(digest);
		}
	}
}
