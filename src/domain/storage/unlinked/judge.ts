import type {Digest} from '../../image/digest.ts';
import {references} from '../../image/manifest.ts';
import {roleOfChild} from '../../image/media-type.ts';
import {mayLiveElsewhere} from '../../image/pullable/layer-types.ts';
import {revisionFolder} from '../listing/paths.ts';
import type {StorageGraph} from '../walk/graph.ts';
import {manifestsBelow, unlinkedRoots} from './roots.ts';
import {oldDigests, type Vanished, vanishedTags, type Witness} from './witness.ts';

/**
 * Images on the disk that no repository has. `vanished`: with the repository and the tags that named it where a witness knows
 * them; without them `repository` is ''. `leftovers`: how many were deleted on purpose, or forgotten long ago.
 */
type Unlinked = {vanished: Vanished[]; leftovers: number};

/**
 * Tells what has vanished from what is merely left over until the next garbage collection. Left over is:
 * - what a repository still has the empty folder of a revision link of: the registry leaves it where a manifest is deleted over
 *   HTTP. Seen on 2.8.2 and 3.1.1.
 * - what a repository that has other manifests still has all layer links of: only the manifest was removed there.
 * - what references no part: nothing could be pulled.
 * - what the inventory says is old: see `oldDigests`.
 * All else is what `rm -rf` of a repository leaves, or a restore of older links.
 */
export function judgeUnlinked(graph: StorageGraph, {witness, asked}: {witness?: Witness; asked?: Asked}): Unlinked {
	const {unread = graph.listing.complete ? [] : ['']} = graph.listing;
	// Where links were not read, nothing is known to be without one.
	if (unread.some(path => !path.startsWith('blobs/'))) {
		return {vanished: [], leftovers: 0};
	}

	const roots = unlinkedRoots(graph);
	const seen = witness === undefined ? [] : vanishedTags(graph, witness).filter(found => !isDeleted(graph, found));
	const told = asked === undefined || seen.some(isOf(asked)) ? [] : vanishedAsTold(graph, asked, roots);
	const named = [...seen, ...told];
	const covered = new Set(named.flatMap(({digest}) => [...manifestsBelow(graph, digest).keys()]));
	const open = roots.filter(digest => !covered.has(digest) && !isLeftOver(graph, digest));
	const old = witness === undefined ? new Set() : oldDigests(graph, witness, open);
	const unnamed = open
		.filter(digest => !old.has(digest))
		.map((digest): Vanished => ({repository: '', digest, tags: []}));
	return {
		// What nobody names may be a part of an index that was not read, and that index left over.
		vanished: [...named, ...(unread.length === 0 ? unnamed : [])],
		leftovers: roots.filter(digest => !covered.has(digest)).length - unnamed.length,
	};
}

/** What a person names: whoever knows the digest and its name is a witness. `tag`: what is to name it. */
export type Asked = {repository: string; digest: Digest; tag?: string};

function isOf({repository, digest}: Asked): (found: Vanished) => boolean {
	return found => found.repository === repository && found.digest === digest;
}

function vanishedAsTold(
	{listing, manifest}: StorageGraph,
	{repository, digest, tag}: Asked,
	roots: readonly Digest[],
): Vanished[] {
	const there = listing.repositories.get(repository);
	const isGone = there === undefined || (there.revisions.size === 0 && there.tags.size === 0);
	return (isGone || roots.includes(digest)) && manifest(digest)?.ok
		? [{repository, digest, tags: tag === undefined || there?.tags.has(tag) ? [] : [tag]}]
		: [];
}

function isDeleted({listing}: StorageGraph, {repository, digest}: Vanished): boolean {
	return listing.folders?.has(revisionFolder(repository, digest)) === true;
}

function isLeftOver(graph: StorageGraph, digest: Digest): boolean {
	const {repositories, folders} = graph.listing;
	const parts = blobsBelow(graph, digest);
	return (
		parts.size === 0 ||
		[...repositories].some(
			([name, {revisions, layers}]) =>
				folders?.has(revisionFolder(name, digest)) ||
				(revisions.size > 0 && [...parts].every(part => layers.has(part))),
		)
	);
}

/** All configs and layers that a registry has to hold for it. */
function blobsBelow(graph: StorageGraph, root: Digest): Set<Digest> {
	const blobs = new Set<Digest>();
	for (const manifest of manifestsBelow(graph, root).values()) {
		for (const part of references(manifest)) {
			const isManifest = manifest.kind === 'index' && roleOfChild(part) === 'manifest';
			if (!isManifest && !mayLiveElsewhere(part)) {
				blobs.add(part.digest);
			}
		}
	}

	return blobs;
}
