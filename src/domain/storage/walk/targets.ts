import type {Digest} from '../../image/digest.ts';
import {tagTarget} from '../listing/link.ts';
import type {Link, RepositoryListing} from '../listing/listing.ts';
import type {StorageGraph} from './graph.ts';

/** What is younger and has no tag may be a push on its way. */
const settledAfterSeconds = 600;

export type Target = {
	/** Written before the listing was begun. */
	tags: string[];
	/** Written since: whatever is missing may be on its way. */
	moved: string[];
	digest?: Digest;
	link?: Link;
};

/** Tags by what they name: an image with many tags is walked once. */
export function targets({tags}: RepositoryListing, taken: number): Target[] {
	const byDigest = new Map<Digest, Target>();
	const broken: Target[] = [];

	for (const [tag, {link}] of tags) {
		const digest = tagTarget(link);
		const isMoved = link !== undefined && link.changed > taken;
		const before = digest === undefined ? undefined : byDigest.get(digest);
		const target = before ?? {
			tags: [],
			moved: [],
			...(digest === undefined ? {} : {digest}),
			...(link === undefined ? {} : {link}),
		};
		target[isMoved ? 'moved' : 'tags'].push(tag);

		if (digest === undefined) {
			broken.push(target);
		} else {
			byDigest.set(digest, target);
		}
	}

	return [...broken, ...byDigest.values()];
}

/** Revisions that no tag leads to, indexes first, so that what they lead to is found through them. */
export function untagged(
	graph: StorageGraph,
	{revisions}: RepositoryListing,
	reached: ReadonlySet<Digest>,
	now: number,
): Digest[] {
	const digests = [...revisions]
		.filter(([digest, {changed}]) => !reached.has(digest) && changed < now - settledAfterSeconds)
		.map(([digest]) => digest);
	return [...digests.filter(digest => isIndex(graph, digest)), ...digests.filter(digest => !isIndex(graph, digest))];
}

export function isIndex(graph: StorageGraph, digest: Digest): boolean {
	const body = graph.manifest(digest);
	return body?.ok === true && body.manifest.kind === 'index';
}
