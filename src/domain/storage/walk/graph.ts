import type {Digest} from '../../image/digest.ts';
import {type Descriptor, type ParsedManifest, parseManifest} from '../../image/manifest.ts';
import {readHistory, type TagHistory} from '../listing/history.ts';
import {linkHolds} from '../listing/link.ts';
import type {StorageListing} from '../listing/listing.ts';
import {blobData, layerLink, layersFolder, revisionLink} from '../listing/paths.ts';
import {readSchema1} from '../listing/schema1.ts';
import {openTimes, type StorageTimes} from '../listing/times.ts';

export {tagTarget} from '../listing/link.ts';

/** Whether something is there. `unread`: we did not look, so we do not say that it is gone. */
export type Presence = 'there' | 'gone' | 'unread';

/** Questions to a listing, each answered once. */
export type StorageGraph = {
	readonly listing: StorageListing;
	readonly times: StorageTimes;
	/** Manifests that somebody asked for, that are there, and whose bytes nobody has read. */
	readonly unreadBodies: ReadonlySet<Digest>;
	data(digest: Digest): Presence;
	/** The parsed body; undefined where there is none on the disk or it was not read. */
	manifest(digest: Digest): ParsedManifest | undefined;
	/** As the registry would find it: `malformed`: the link is there and does not hold its digest. */
	revision(repository: string, digest: Digest): Presence | 'malformed';
	/** Whether only a layer link makes the registry serve this manifest. */
	isServedAsLayer(repository: string, digest: Digest): boolean;
	layer(repository: string, digest: Digest): Presence | 'malformed';
	/** Whether the repository has lost the folder by which 2.8 knows it. */
	hasLostLayers(repository: string): boolean;
	/** The first repository whose link would let this blob be mounted from there. */
	linkedIn(digest: Digest): string | undefined;
	/** What tags named before. */
	history(): TagHistory;
	/** How the data differs from what its descriptor promises. */
	damage(blob: Descriptor): 'gone' | 'empty' | 'resized' | 'corrupt' | undefined;
	/** Whether something that is not listed at this path is gone, or was not looked at. */
	absent(path: string): Presence;
};

/** @param differing blobs whose bytes were hashed and are not what their name says */
export function openGraph(listing: StorageListing, differing: ReadonlySet<Digest> = new Set()): StorageGraph {
	const parsed = new Map<Digest, ParsedManifest | undefined>();
	const unread = listing.unread ?? (listing.complete ? [] : ['']);
	const unreadBodies = new Set<Digest>();
	let history: TagHistory | undefined;
	let owners: Map<Digest, string> | undefined;

	const graph: StorageGraph = {
		listing,
		times: openTimes(listing),
		unreadBodies,
		data: digest => (listing.blobs.has(digest) ? 'there' : absent(blobData(digest))),
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
			const isThere = link !== undefined && linkHolds(link, digest);
			return link === undefined ? absent(revisionLink(repository, digest)) : isThere ? 'there' : 'malformed';
		},
		isServedAsLayer(repository, digest) {
			const {revisions, layers} = listing.repositories.get(repository) ?? {};
			const link = layers?.get(digest);
			return (
				revisions?.has(digest) === false &&
				link !== undefined &&
				linkHolds(link, digest) &&
				absent(revisionLink(repository, digest)) === 'gone'
			);
		},
		layer(repository, digest) {
			const link = listing.repositories.get(repository)?.layers.get(digest);
			const isThere = link !== undefined && linkHolds(link, digest);
			return link === undefined ? absent(layerLink(repository, digest)) : isThere ? 'there' : 'malformed';
		},
		hasLostLayers(repository) {
			const folder = layersFolder(repository);
			// Without the times of folders nobody knows which there are.
			return (
				listing.folders !== undefined &&
				listing.repositories.get(repository)?.layers.size === 0 &&
				!listing.folders.has(folder) &&
				absent(folder) === 'gone'
			);
		},
		linkedIn(digest) {
			owners ??= ownersOf(listing);
			return owners.get(digest);
		},
		history: () => (history ??= readHistory(listing)),
		damage({digest, size}) {
			const stored = listing.blobs.get(digest);
			if (stored === undefined) {
				return graph.data(digest) === 'gone' ? 'gone' : undefined;
			}

			if (stored.size !== size) {
				return stored.size === 0 ? 'empty' : 'resized';
			}

			return differing.has(digest) ? 'corrupt' : undefined;
		},
		absent,
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

		if (stored !== undefined && differing.has(digest)) {
			return {ok: false, reason: 'its bytes do not match its digest'};
		}

		const body = listing.manifests.get(digest);
		if (stored === undefined || body === undefined) {
			if (stored !== undefined) {
				unreadBodies.add(digest);
			}

			return undefined;
		}

		if (!body.ok) {
			return body;
		}

		const {text} = body;
		const result = parseManifest(text);
		const old = result.ok ? undefined : readSchema1(text, layer => listing.blobs.get(layer)?.size ?? 0);
		return old === undefined ? result : {ok: true, manifest: old};
	}
}

function ownersOf({repositories}: StorageListing): Map<Digest, string> {
	const owners = new Map<Digest, string>();
	for (const [name, {layers}] of repositories) {
		for (const [digest, link] of layers) {
			if (!owners.has(digest) && linkHolds(link, digest)) {
				owners.set(digest, name);
			}
		}
	}

	return owners;
}
