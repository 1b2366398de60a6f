import type {Digest} from '../../image/digest.ts';
import {type Manifest, parseManifest, references} from '../../image/manifest.ts';
import {roleOfChild} from '../../image/media-type.ts';
import {tagTarget} from '../listing/links.ts';
import type {StorageListing} from '../listing/listing.ts';
import type {StorageGraph} from '../walk/graph.ts';

/** A younger one may belong to a push that is still under way. */
const settledAfterSeconds = 600;

/**
 * Manifests among the blobs that no repository links and no other manifest references: what is left of a repository whose
 * folder was deleted, or of a manifest that was deleted alone.
 */
export function unlinkedRoots(graph: StorageGraph): Digest[] {
	const {listing} = graph;
	const unlinked = new Set<Digest>();
	for (const [digest, {ok}] of listing.manifests) {
		const stored = listing.blobs.get(digest);
		if (ok && stored !== undefined && stored.changed < listing.taken - settledAfterSeconds) {
			unlinked.add(digest);
		}
	}

	forgetKnown(unlinked, listing);
	const referenced = unlinked.size === 0 ? new Set<Digest>() : referencedDigests(graph, unlinked);
	return [...unlinked].filter(digest => !referenced.has(digest) && manifestOf(graph, digest) !== undefined);
}

/** What some repository knows: by a link, by a tag or by the history of one. */
function forgetKnown(unlinked: Set<Digest>, {repositories}: StorageListing): void {
	const forget = (_: unknown, digest: Digest) => void unlinked.delete(digest);
	for (const {tags, revisions, layers} of repositories.values()) {
		revisions.forEach(forget);
		layers.forEach(forget);
		for (const {link, history} of unlinked.size === 0 ? [] : tags.values()) {
			const target = tagTarget(link);
			history?.forEach(forget);
			if (target !== undefined) {
				unlinked.delete(target);
			}
		}
	}
}

/** By an index, or by an image without a link: what an image with a link needs has links of its own. */
function referencedDigests(graph: StorageGraph, unlinked: ReadonlySet<Digest>): Set<Digest> {
	const referenced = new Set<Digest>();
	for (const [digest, body] of graph.listing.manifests) {
		const mayReference = body.ok && (unlinked.has(digest) || body.text.includes('"manifests"'));
		const parsed = mayReference ? (graph.listing.parsed?.get(digest) ?? parseManifest(body.text)) : undefined;
		for (const part of parsed?.ok ? references(parsed.manifest) : []) {
			referenced.add(part.digest);
		}
	}

	return referenced;
}

/** Every manifest from this one down, each once, as far as they are on the disk. */
export function manifestsBelow(graph: StorageGraph, root: Digest): Map<Digest, Manifest> {
	const found = new Map<Digest, Manifest>();
	const open = [root];
	for (let digest = open.pop(); digest !== undefined; digest = open.pop()) {
		const manifest = found.has(digest) ? undefined : manifestOf(graph, digest);
		if (manifest !== undefined) {
			found.set(digest, manifest);
			const children = manifest.kind === 'index' ? manifest.children : [];
			open.push(...children.filter(child => roleOfChild(child) === 'manifest').map(child => child.digest));
		}
	}

	return found;
}

export function manifestOf(graph: StorageGraph, digest: Digest): Manifest | undefined {
	const body = graph.manifest(digest);
	return body?.ok ? body.manifest : undefined;
}
