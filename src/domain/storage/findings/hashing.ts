import type {Digest} from '../../image/digest.ts';
import {references} from '../../image/manifest.ts';
import {count} from '../../text/wording.ts';
import type {StorageListing} from '../listing/listing.ts';
import {openGraph, type StorageGraph} from '../walk/graph.ts';
import type {Scan} from './finding.ts';

/** The result of hashing one blob on the host. */
export type HashedBlob = {digest: Digest; state: 'same' | 'differs' | 'gone' | 'unread'};

/** All blobs of a store. Those that a manifest references come first: if the run is cut short, they are done. */
export function blobsToHash(listing: StorageListing): Digest[] {
	const graph = openGraph(listing);
	const needed = new Set<Digest>();
	for (const digest of listing.manifests.keys()) {
		needed.add(digest);
		const body = graph.manifest(digest);
		for (const part of body?.ok ? references(body.manifest) : []) {
			needed.add(part.digest);
		}
	}

	const stored = [...needed].filter(digest => listing.blobs.has(digest));
	return [...stored, ...[...listing.blobs.keys()].filter(digest => !needed.has(digest))];
}

/** Blobs whose size is not what a manifest states, smallest first, as many as these bytes hold. */
export function blobsOfOtherSize({findings}: Scan, {blobs}: StorageListing, mostBytes: number): Digest[] {
	const digests = new Set(findings.flatMap(({kind, digest = []}) => (kind === 'blob-truncated' ? digest : [])));
	const sized = [...digests]
		.map(digest => ({digest, size: blobs.get(digest)?.size ?? 0}))
		.sort((a, b) => a.size - b.size);
	let sum = 0;
	return sized.flatMap(({digest, size}) => {
		sum += size;
		return sum <= mostBytes ? [digest] : [];
	});
}

/** Why some blobs could not be hashed, one line for each reason. */
export function hashGaps(hashed: readonly HashedBlob[]): string[] {
	const [unread, gone] = (['unread', 'gone'] as const).map(state => hashed.filter(answer => answer.state === state));
	return [
		...(unread!.length === 0
			? []
			: [`${count(unread!.length, 'blob')} could not be hashed, ${unread![0]!.digest} among them`]),
		...(gone!.length === 0
			? []
			: [`${count(gone!.length, 'blob')} gone before hashing, ${gone![0]!.digest} among them`]),
	];
}

/** Corrupt blobs that no image needs. */
export function unneededAmong(
	differing: ReadonlySet<Digest>,
	graph: StorageGraph,
	needed: ReadonlySet<Digest>,
): Digest[] {
	return [...differing].filter(digest => graph.data(digest) === 'there' && !needed.has(digest));
}
