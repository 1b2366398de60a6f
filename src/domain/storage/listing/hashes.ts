import type {Digest} from '../../image/digest.ts';
import {references} from '../../image/manifest.ts';
import {count} from '../../text/wording.ts';
import {openGraph} from '../walk/graph.ts';
import type {StorageListing} from './listing.ts';

/** What hashing a blob where it lies said of it. */
export type HashedBlob = {digest: Digest; state: 'same' | 'differs' | 'gone' | 'unread'};

/** All blobs of a store: those that some manifest needs first, so that a run that is cut short has done what matters. */
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

/** Blobs that nobody could hash, as one line for each reason. */
export function hashGaps(hashed: readonly HashedBlob[]): string[] {
	const [unread, gone] = (['unread', 'gone'] as const).map(state => hashed.filter(answer => answer.state === state));
	return [
		...(unread!.length === 0
			? []
			: [`${count(unread!.length, 'blob')} could not be hashed, ${unread![0]!.digest} among them`]),
		...(gone!.length === 0
			? []
			: [`${count(gone!.length, 'blob')} went away before hashing, ${gone![0]!.digest} among them`]),
	];
}
