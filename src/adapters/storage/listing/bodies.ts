import type {Digest} from '../../../domain/image/digest.ts';
import {parseManifest} from '../../../domain/image/manifest.ts';
import type {StorageListing} from '../../../domain/storage/listing/listing.ts';
import {tagTarget} from '../../../domain/storage/walk/graph.ts';
import {largestManifest} from './files-script.ts';

/** Blobs no layer link names are manifests, nearly always; the rest is what a garbage collection would take. */
const mostGuesses = 20_000;
const largestGuess = 256 * 1024;

/** Revisions are manifests; so is, likely, a small blob that no repository holds as a layer: an unlinked child. */
export function firstBodies({repositories, blobs}: StorageListing): Digest[] {
	const revisions = new Set<Digest>();
	const layers = new Set<Digest>();
	for (const repository of repositories.values()) {
		for (const digest of repository.revisions.keys()) {
			revisions.add(digest);
		}

		for (const digest of repository.layers.keys()) {
			layers.add(digest);
		}
	}

	const guesses: Digest[] = [];
	for (const [digest, {size}] of blobs) {
		if (guesses.length < mostGuesses && size <= largestGuess && !layers.has(digest) && !revisions.has(digest)) {
			guesses.push(digest);
		}
	}

	return [...revisions, ...guesses].filter(digest => blobs.has(digest));
}

/** Tag targets and children of indexes whose bodies were not asked for yet. */
export function namedButUnread(
	{blobs}: StorageListing,
	named: ReadonlySet<Digest>,
	asked: ReadonlySet<Digest>,
): Digest[] {
	return [...named].filter(digest => blobs.has(digest) && !asked.has(digest));
}

/** What tags, revisions and indexes say is a manifest. */
export function namedManifests({repositories, manifests}: StorageListing): Set<Digest> {
	const named = new Set<Digest>();
	for (const {tags, revisions} of repositories.values()) {
		for (const {link} of tags.values()) {
			const digest = tagTarget(link);
			if (digest !== undefined) {
				named.add(digest);
			}
		}

		for (const digest of revisions.keys()) {
			named.add(digest);
		}
	}

	for (const body of manifests.values()) {
		for (const child of body.ok ? childrenIn(body.text) : []) {
			named.add(child);
		}
	}

	return named;
}

function childrenIn(text: string): Digest[] {
	// Only an index has this word: most manifests need not be parsed here.
	const parsed = text.includes('"manifests"') ? parseManifest(text) : undefined;
	return parsed?.ok && parsed.manifest.kind === 'index' ? parsed.manifest.children.map(({digest}) => digest) : [];
}

/** A small blob that nothing names as a manifest is not one. */
export function forgetGuesses({manifests}: StorageListing, named: ReadonlySet<Digest>): void {
	for (const digest of manifests.keys()) {
		if (!named.has(digest)) {
			manifests.delete(digest);
		}
	}
}

/** What is empty or too long for any registry need not be read. */
export function judgeBySize(listing: StorageListing, digests: readonly Digest[]): Map<Digest, number> {
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
