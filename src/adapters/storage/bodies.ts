import type {Digest} from '../../domain/digest.ts';
import {parseManifest} from '../../domain/manifest.ts';
import {tagTarget} from '../../domain/storage-graph.ts';
import type {StorageListing} from '../../domain/storage-listing.ts';
import type {Files} from './file-reader.ts';

/** What registry 2.8 reads of a manifest at most. @see distribution v2.8.3 handlers/manifests.go, maxManifestBodySize */
export const largestManifest = 4 * 1024 * 1024;
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
export function namedButUnread(listing: StorageListing, asked: ReadonlySet<Digest>): Digest[] {
	return [...namedManifests(listing)].filter(digest => listing.blobs.has(digest) && !asked.has(digest));
}

function namedManifests({repositories, manifests}: StorageListing): Set<Digest> {
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
		const parsed = body.ok ? parseManifest(body.text) : undefined;
		if (parsed?.ok && parsed.manifest.kind === 'index') {
			for (const child of parsed.manifest.children) {
				named.add(child.digest);
			}
		}
	}

	return named;
}

/** A small blob that nothing names as a manifest is not one. */
export function forgetGuesses(listing: StorageListing): void {
	const named = namedManifests(listing);
	for (const digest of listing.manifests.keys()) {
		if (!named.has(digest)) {
			listing.manifests.delete(digest);
		}
	}
}

/** A blob that was opened and does not prove itself is damaged; one that could not be opened is a gap. */
export function takeBodies(listing: StorageListing, asked: Digest[], {bodies, opened}: Files): void {
	const unopened: Digest[] = [];

	for (const digest of asked) {
		const body = bodies.get(digest);
		const size = listing.blobs.get(digest)!.size;

		if (body !== undefined) {
			listing.manifests.set(digest, {ok: true, text: Buffer.from(body).toString()});
		} else if (size === 0) {
			listing.manifests.set(digest, {ok: false, reason: 'it is empty'});
		} else if (size > largestManifest) {
			listing.manifests.set(digest, {ok: false, reason: 'it is longer than the 4 MiB a registry reads'});
		} else if (opened.has(digest)) {
			listing.manifests.set(digest, {ok: false, reason: 'its bytes do not match its digest'});
		} else {
			unopened.push(digest);
		}
	}

	if (unopened.length > 0) {
		listing.gaps.push(`${unopened.length} blobs that may be manifests could not be read, ${unopened[0]} among them`);
	}
}
