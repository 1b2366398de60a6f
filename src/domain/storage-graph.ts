import {type Digest, isDigest} from './digest.ts';
import {type Descriptor, isForeign, type ParsedManifest, parseManifest} from './manifest.ts';
import type {Link, StorageListing} from './storage-listing.ts';
import {blobFolder, layerFolder, revisionFolder} from './storage-paths.ts';

/** Whether something is there. `unread`: we did not look, so we do not say that it is gone. */
export type Presence = 'there' | 'gone' | 'unread';

/** Questions to a listing, each answered once. */
export type StorageGraph = {
	readonly listing: StorageListing;
	data(digest: Digest): Presence;
	/** The parsed body; undefined where there is none on the disk or it was not read. */
	manifest(digest: Digest): ParsedManifest | undefined;
	/** `malformed`: the link is there and does not hold its digest. */
	revision(repository: string, digest: Digest): Presence | 'malformed';
	layer(repository: string, digest: Digest): Presence | 'malformed';
	/** How the data differs from what its descriptor promises. */
	damage(blob: Descriptor): 'gone' | 'empty' | 'resized' | undefined;
	/** Whether something that is not listed at this path is gone, or was not looked at. */
	absent(path: string): Presence;
	/** Config, layers and the JSON of everything below, as far as the data is not there as promised. */
	missingBelow(digest: Digest): Digest[];
};

export function openGraph(listing: StorageListing): StorageGraph {
	const parsed = new Map<Digest, ParsedManifest | undefined>();
	const unread = listing.unread ?? (listing.complete ? [] : ['']);

	const graph: StorageGraph = {
		listing,
		data: digest => (listing.blobs.has(digest) ? 'there' : absent(`${blobFolder(digest)}/data`)),
		manifest(digest) {
			if (!parsed.has(digest)) {
				parsed.set(digest, read(digest));
			}

			return parsed.get(digest);
		},
		revision(repository, digest) {
			const {revisions, layers} = listing.repositories.get(repository) ?? {};
			// 2.8 also serves a manifest that only has a layer link, for what 2.1 wrote. @see registry/storage/registry.go
			const link = revisions?.get(digest) ?? layers?.get(digest);
			return link === undefined ? absent(`${revisionFolder(repository, digest)}/link`) : stateOf(link, digest);
		},
		layer(repository, digest) {
			const link = listing.repositories.get(repository)?.layers.get(digest);
			return link === undefined ? absent(`${layerFolder(repository, digest)}/link`) : stateOf(link, digest);
		},
		damage({digest, size}) {
			const stored = listing.blobs.get(digest);
			if (stored === undefined) {
				return graph.data(digest) === 'gone' ? 'gone' : undefined;
			}

			return stored.size === size ? undefined : stored.size === 0 ? 'empty' : 'resized';
		},
		absent,
		missingBelow: digest => [...missing(digest, new Set())],
	};
	return graph;

	/** Under a folder that was not read, nothing is known to be gone. */
	function absent(path: string): Presence {
		return unread.some(folder => folder === '' || path === folder || path.startsWith(`${folder}/`)) ? 'unread' : 'gone';
	}

	function read(digest: Digest): ParsedManifest | undefined {
		const stored = listing.blobs.get(digest);
		if (stored?.size === 0) {
			return {ok: false, reason: 'it is empty'};
		}

		const body = listing.manifests.get(digest);
		if (stored === undefined || body === undefined) {
			return undefined;
		}

		return body.ok ? parseManifest(body.text) : body;
	}

	function missing(digest: Digest, seen: Set<Digest>): Set<Digest> {
		const result = new Set<Digest>();
		const body = graph.manifest(digest);
		if (seen.has(digest) || !body?.ok) {
			return result;
		}

		seen.add(digest);
		const {manifest} = body;
		if (manifest.kind === 'index') {
			for (const child of manifest.children) {
				const isReadable = graph.data(child.digest) === 'unread' || graph.manifest(child.digest)?.ok !== false;
				const below = graph.data(child.digest) === 'gone' || !isReadable ? [child.digest] : missing(child.digest, seen);
				for (const digest of below) {
					result.add(digest);
				}
			}

			return result;
		}

		for (const blob of [...(manifest.config ? [manifest.config] : []), ...manifest.layers]) {
			if (!isForeign(blob) && graph.damage(blob) !== undefined) {
				result.add(blob.digest);
			}
		}

		return result;
	}
}

/** A link is exactly its digest, without a newline. Where only the size was looked at, the size decides. */
function stateOf({size, content}: Link, digest: Digest): 'there' | 'malformed' {
	return size === digest.length && (content === undefined || content === digest) ? 'there' : 'malformed';
}

/** What a tag's link names, if it names something. */
export function tagTarget(link: Link | undefined): Digest | undefined {
	const {content, size} = link ?? {};
	return content !== undefined && size === content.length && isDigest(content) ? content : undefined;
}
