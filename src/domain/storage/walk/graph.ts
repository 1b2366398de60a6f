import {type Digest, isDigest, isDigestOfNothing} from '../../image/digest.ts';
import {type Descriptor, type ParsedManifest, parseManifest} from '../../image/manifest.ts';
import {readSchema1} from '../../image/schema1.ts';
import {linkHolds} from '../listing/links.ts';
import type {Link, StorageListing} from '../listing/listing.ts';
import {effectOn, type Obstacle, obstacleAt, sayObstacle} from '../listing/obstacles.ts';
import {blobData, layerLink, layersFolder, revisionLink} from '../listing/paths.ts';
import {openTimes, type StorageTimes} from '../listing/times.ts';

/** Whether something is there. `unread`: it was not read, so it is not known to be gone. */
type Presence = 'there' | 'gone' | 'unread';

/** What a listing says of manifests, links and data. Manifests are parsed once. */
export type StorageGraph = {
	readonly listing: StorageListing;
	readonly times: StorageTimes;
	/** Manifests that a walk needed and whose bytes are there but were not read. */
	readonly unreadBodies: ReadonlySet<Digest>;
	data(digest: Digest): Presence;
	/** Undefined where the manifest is not on the disk or was not read. */
	manifest(digest: Digest): ParsedManifest | undefined;
	/** The link by which the registry serves a manifest. `malformed`: it is there and does not hold its digest. */
	revision(repository: string, digest: Digest): Presence | 'malformed';
	/** Whether the registry serves this manifest only because of a layer link. */
	isServedAsLayer(repository: string, digest: Digest): boolean;
	layer(repository: string, digest: Digest): Presence | 'malformed';
	/** Whether the repository has lost its folder _layers, without which 2.8 does not know it. */
	hasLostLayers(repository: string): boolean;
	/** The first repository from which this blob can be mounted. */
	linkedIn(digest: Digest): string | undefined;
	/** The digest that a damaged tag link was meant to hold: what is left of it, or the only entry of the tag's history. */
	intendedTarget(repository: string, tag: string): Digest | undefined;
	/**
	 * How the data differs from its descriptor. `missized`: it is whole, and the descriptor is wrong; `truncated`: it is not
	 * whole; `resized`: it was not hashed, so that either may be wrong.
	 */
	damage(blob: Descriptor): 'gone' | 'empty' | 'resized' | 'truncated' | 'missized' | 'corrupt' | undefined;
	/** Whether a path that is not in the listing is gone, or was not read. */
	absent(path: string): Presence;
	/** What is in the place of the file at this path, or of a folder above it. */
	obstacle(path: string): Obstacle | undefined;
};

type Hashed = {
	/** Blobs whose bytes were hashed and do not match their digest. */
	differing?: ReadonlySet<Digest>;
	/** Blobs whose bytes were hashed and match it. */
	matching?: ReadonlySet<Digest>;
};

const none: ReadonlySet<Digest> = new Set();

export function openGraph(listing: StorageListing, {differing = none, matching = none}: Hashed = {}): StorageGraph {
	const parsed = new Map<Digest, ParsedManifest | undefined>();
	const unread = listing.unread ?? (listing.complete ? [] : ['']);
	const unreadBodies = new Set<Digest>();
	const obstacles = listing.obstacles ?? new Map();
	let owners: Map<Digest, string> | undefined;

	const graph: StorageGraph = {
		listing,
		times: openTimes(listing),
		unreadBodies,
		data(digest) {
			const obstacle = inPlaceOfData(digest);
			const isThere = listing.blobs.has(digest) || (obstacle !== undefined && effectOn('data', obstacle) !== 'absent');
			return isThere ? 'there' : absent(blobData(digest));
		},
		manifest(digest) {
			if (!parsed.has(digest)) {
				parsed.set(digest, read(digest));
			}

			return parsed.get(digest);
		},
		revision(repository, digest) {
			const {revisions, layers} = listing.repositories.get(repository) ?? {};
			// 2.8 also serves a manifest that only has a layer link, for what 2.1 wrote. @see registry/storage/registry.go
			return linkState(revisions?.get(digest) ?? layers?.get(digest), digest, () => revisionLink(repository, digest));
		},
		isServedAsLayer(repository, digest) {
			const {revisions, layers} = listing.repositories.get(repository) ?? {};
			const link = layers?.get(digest);
			return (
				revisions?.has(digest) === false &&
				link !== undefined &&
				linkHolds(link, digest) &&
				graph.revision(repository, digest) === 'there' &&
				absent(revisionLink(repository, digest)) === 'gone'
			);
		},
		layer(repository, digest) {
			const link = listing.repositories.get(repository)?.layers.get(digest);
			return linkState(link, digest, () => layerLink(repository, digest));
		},
		hasLostLayers(repository) {
			const folder = layersFolder(repository);
			// Without the times of folders it is not known which folders there are.
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
		intendedTarget(repository, tag) {
			const {link, history} = listing.repositories.get(repository)?.tags.get(tag) ?? {};
			const left = link?.content?.trim();
			if (left !== undefined && isDigest(left)) {
				return left;
			}

			const [only] = history?.size === 1 ? history.keys() : [];
			return only;
		},
		damage({digest, size}) {
			const stored = listing.blobs.get(digest);
			if (stored === undefined) {
				const obstacle = inPlaceOfData(digest);
				if (obstacle !== undefined) {
					return effectOn('data', obstacle) === 'empty' ? 'empty' : 'gone';
				}

				return graph.data(digest) === 'gone' ? 'gone' : undefined;
			}

			if (stored.size !== size) {
				return otherSize(digest, stored.size);
			}

			// A client that pushed onto emptied data took its size from the registry: no other digest is of nothing.
			if (size === 0 && !isDigestOfNothing(digest)) {
				return 'empty';
			}

			return differing.has(digest) ? 'corrupt' : undefined;
		},
		absent,
		obstacle: path => obstacleAt(obstacles, path),
	};
	return graph;

	function otherSize(digest: Digest, stored: number): 'empty' | 'resized' | 'truncated' | 'missized' {
		if (matching.has(digest) || (stored === 0 && isDigestOfNothing(digest))) {
			return 'missized';
		}

		return stored === 0 ? 'empty' : differing.has(digest) ? 'truncated' : 'resized';
	}

	function inPlaceOfData(digest: Digest): Obstacle | undefined {
		return obstacles.size === 0 || listing.blobs.has(digest) ? undefined : graph.obstacle(blobData(digest));
	}

	/** @param pathOf builds the path, which is rarely needed */
	function linkState(link: Link | undefined, digest: Digest, pathOf: () => string): Presence | 'malformed' {
		const obstacle = obstacles.size === 0 ? undefined : graph.obstacle(pathOf());
		if (obstacle !== undefined && effectOn('link', obstacle) === 'failing') {
			return 'malformed';
		}

		return link === undefined ? absent(pathOf()) : linkHolds(link, digest) ? 'there' : 'malformed';
	}

	function absent(path: string): Presence {
		return unread.some(folder => folder === '' || path === folder || path.startsWith(`${folder}/`)) ? 'unread' : 'gone';
	}

	function read(digest: Digest): ParsedManifest | undefined {
		const stored = listing.blobs.get(digest);
		if (stored?.size === 0) {
			return {ok: false, reason: 'it is empty'};
		}

		const obstacle = inPlaceOfData(digest);
		if (obstacle !== undefined && effectOn('data', obstacle) !== 'absent') {
			return {ok: false, reason: sayObstacle(obstacle, 'its data')};
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

		const parsed = listing.parsed?.get(digest) ?? parseManifest(body.text);
		// It is whole, and what it means is not known.
		if (!parsed.ok && (parsed.ambiguous || parsed.unsupported !== undefined)) {
			unreadBodies.add(digest);
			return undefined;
		}

		// distribution reads it to choose the form. @see distribution v2.8.3 registry/storage/manifeststore.go, Get
		if (parsed.ok && parsed.schemaVersion !== 2) {
			const {schemaVersion = 0} = parsed;
			const schema1 = readSchema1(body.text, layer => listing.blobs.get(layer)?.size ?? 0);
			return schema1 === undefined
				? {ok: false, reason: `its schemaVersion is ${schemaVersion}, which no registry serves`}
				: {ok: true, manifest: schema1};
		}

		const schema1 = parsed.ok ? undefined : readSchema1(body.text, layer => listing.blobs.get(layer)?.size ?? 0);
		return schema1 === undefined ? parsed : {ok: true, manifest: schema1};
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
