import {defined} from '../../defined.ts';
import type {Digest} from '../../image/digest.ts';
import {tagTarget} from '../listing/links.ts';
import type {Link, RepositoryListing} from '../listing/listing.ts';
import {blobData, revisionLink} from '../listing/paths.ts';
import {revisionFault, type StorageFault, sayGone} from './faults.ts';
import type {StorageGraph} from './graph.ts';
import {type Walk, type WalkRules, walkManifest} from './walk-manifest.ts';

/** A younger revision without a tag may belong to a push that is still under way. */
const settledAfterSeconds = 600;

/** What one or more tags resolve to. */
type TagTarget = {
	/** Written before the listing began. */
	tags: string[];
	/** Written since then: whatever is missing may still be on its way. */
	moved: string[];
	digest?: Digest;
	link?: Link;
};

/** Tags by their target: an image with many tags is walked once. */
export function targetsOf({tags}: RepositoryListing, taken: number): TagTarget[] {
	const byDigest = new Map<Digest, TagTarget>();
	const broken: TagTarget[] = [];

	for (const [tag, {link}] of tags) {
		const digest = tagTarget(link);
		const isMoved = link !== undefined && link.changed > taken;
		const before = digest === undefined ? undefined : byDigest.get(digest);
		const target = before ?? {
			tags: [],
			moved: [],
			...defined({digest, link}),
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

/** Revisions that no tag reaches. Indexes come first, so that their children are found through them. */
export function untaggedIn(
	graph: StorageGraph,
	{revisions}: RepositoryListing,
	{reached, now}: {reached: ReadonlySet<Digest>; now: number},
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

/** Walks the target of a tag, or an untagged revision, as the registry would serve it from this repository. */
export function walkTarget(graph: StorageGraph, repository: string, digest: Digest, rules: WalkRules): Walk {
	const link = graph.revision(repository, digest);
	const data = graph.data(digest);

	if (link === 'malformed') {
		return endedAt(digest, {...revisionFault(graph, repository, digest), via: []});
	}

	if (link !== 'gone' && data !== 'gone') {
		return walkManifest(graph, repository, digest, rules);
	}

	if (rules.role === 'cache') {
		return endedAt(digest);
	}

	const since = link === 'gone' ? graph.times.revision(repository, digest) : graph.times.data(digest);
	const detail =
		link === 'gone'
			? sayGone(graph, revisionLink(repository, digest), {
					wanted: 'the revision link',
					gone: 'the revision that the tag names has no link',
				})
			: sayGone(graph, blobData(digest), {
					wanted: 'the data of the manifest',
					gone: 'the data of the manifest is gone',
				});
	return endedAt(digest, {kind: 'tag-dangling', digest, via: [], ...defined({since}), detail});
}

function endedAt(digest: Digest, ...faults: StorageFault[]): Walk {
	return {faults, reached: new Set([digest]), blobs: new Set(), servedAsLayers: [], notMeant: 0};
}
