import type {Digest} from '../../domain/image/digest.ts';
import {type ImageConfig, readImageConfig} from '../../domain/remedy/image-config.ts';
import {type Sibling, searchSiblings, siblingsOf} from '../../domain/remedy/siblings.ts';
import type {Scan} from '../../domain/storage/findings/finding.ts';
import type {StorageListing} from '../../domain/storage/listing/listing.ts';
import {openGraph} from '../../domain/storage/walk/graph.ts';
import {forEachConcurrently} from '../bounded-concurrency.ts';
import type {Storage} from '../ports/storage.ts';
import type {Waiting} from '../ports/waiting.ts';

/** Older images than these are listed by the time of their tags alone. */
const mostConfigs = 40;
const largestConfig = 1024 * 1024;
const atATime = 4;

/** The images that a broken tag can be pointed to, with what their configs on the disk say of them. */
export async function findSiblings(
	storage: Storage,
	{listing, scan, repository, tag}: {listing: StorageListing; scan: Scan; repository: string; tag: string},
	{signal}: Waiting,
): Promise<Sibling[]> {
	const search = searchSiblings(openGraph(listing), scan, repository, tag);
	const wanted = [...new Set(search.configs)]
		.filter(digest => (listing.blobs.get(digest)?.size ?? Number.POSITIVE_INFINITY) <= largestConfig)
		.slice(0, mostConfigs);
	const configs = new Map<Digest, ImageConfig>();
	await forEachConcurrently(
		() => wanted.shift(),
		search.candidates.length === 0 ? 0 : atATime,
		async digest => {
			const bytes = await storage.readBlob(digest, {signal});
			if (bytes !== undefined) {
				configs.set(digest, readImageConfig(bytes));
			}
		},
	);
	return siblingsOf(search, configs);
}
