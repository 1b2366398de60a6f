import type {Digest} from './digest.ts';
import {type Descriptor, isForeign, platformName} from './manifest.ts';
import {dataChanged, layerLinkChanged, revisionChanged, type StorageFault} from './storage-faults.ts';
import type {StorageGraph} from './storage-graph.ts';

export type StorageRole = 'authoritative' | 'cache';

export type Walk = {
	faults: StorageFault[];
	/** Every manifest on the way, whole or not. */
	reached: Set<Digest>;
};

/**
 * Follows one manifest down through indexes, children, configs and layers, as the registry would serve them from this
 * repository. A cache fetches what it lacks, so there only what is present and damaged counts.
 */
export function walkManifest(graph: StorageGraph, repository: string, root: Digest, role: StorageRole): Walk {
	const {listing} = graph;
	const faults: StorageFault[] = [];
	const reached = new Set<Digest>();
	const lacks = role === 'authoritative';

	visit(root, [], undefined);
	return {faults, reached};

	function visit(digest: Digest, via: Digest[], platform: string | undefined): void {
		if (reached.has(digest)) {
			return;
		}

		reached.add(digest);
		const body = graph.manifest(digest);
		if (body === undefined) {
			return;
		}

		const about = {digest, via, ...(platform === undefined ? {} : {platform})};
		if (!body.ok) {
			add({kind: 'manifest-unreadable', ...about, detail: body.reason}, dataChanged(listing, digest));
			return;
		}

		const below = [...via, digest];
		if (body.manifest.kind === 'index') {
			for (const child of body.manifest.children) {
				visitChild(child, below, platformName(child) ?? platform);
			}
		} else {
			const {config, layers} = body.manifest;
			if (config !== undefined) {
				visitBlob(config, 'config', below, platform);
			}

			for (const layer of layers) {
				visitBlob(layer, 'layer', below, platform);
			}
		}
	}

	function visitChild({digest}: Descriptor, via: Digest[], platform: string | undefined): void {
		const about = {digest, via, ...(platform === undefined ? {} : {platform})};
		const link = graph.revision(repository, digest);
		const data = graph.data(digest);

		if (reached.has(digest)) {
			return;
		}

		if (link === 'malformed') {
			reached.add(digest);
			add({kind: 'link-malformed', ...about, detail: 'its revision link does not hold its digest'}, linkTime(digest));
		} else if (link === 'there' && data !== 'gone') {
			visit(digest, via, platform);
		} else if (lacks && data === 'gone') {
			reached.add(digest);
			const since = link === 'there' ? dataChanged(listing, digest) : revisionChanged(listing, repository, digest);
			add({kind: 'child-missing', ...about, detail: 'its JSON is gone'}, since);
		} else if (lacks && link === 'gone' && data === 'there') {
			unlinkedChild(digest, via, platform);
		} else {
			reached.add(digest);
		}
	}

	/** The JSON is there and the link is not: what `garbage-collect -m` leaves, or a link lost in another way. */
	function unlinkedChild(digest: Digest, via: Digest[], platform: string | undefined): void {
		const about = {digest, via, ...(platform === undefined ? {} : {platform})};
		const since = revisionChanged(listing, repository, digest);
		const body = graph.manifest(digest);

		if (body === undefined) {
			return;
		}

		reached.add(digest);
		if (!body.ok) {
			add(
				{kind: 'child-missing', ...about, detail: `its link is gone and its JSON is of no use: ${body.reason}`},
				since,
			);
			return;
		}

		const missing = graph.missingBelow(digest);
		add(
			missing.length === 0
				? {kind: 'child-unlinked', ...about, detail: 'everything is on disk, only its revision link is gone'}
				: {
						kind: 'child-swept',
						...about,
						missing,
						detail: `its link is gone, and ${missing.length} of its parts with it`,
					},
			since,
		);

		if (body.manifest.kind === 'index') {
			for (const child of body.manifest.children) {
				visitChild(child, [...via, digest], platformName(child) ?? platform);
			}
		}
	}

	function visitBlob(blob: Descriptor, what: 'config' | 'layer', via: Digest[], platform: string | undefined): void {
		const {digest, size} = blob;
		const about = {digest, via, ...(platform === undefined ? {} : {platform})};
		if (isForeign(blob)) {
			return;
		}

		const damage = graph.damage(blob);
		const link = graph.layer(repository, digest);
		if (damage === 'gone') {
			if (lacks) {
				const kind = what === 'config' ? 'config-missing' : 'layer-missing';
				add({kind, ...about, detail: `the data of this ${what} is gone`}, dataChanged(listing, digest));
			}
		} else if (damage !== undefined) {
			const kind = damage === 'empty' ? 'blob-empty' : 'blob-truncated';
			const stored = listing.blobs.get(digest)!.size;
			add({kind, ...about, detail: `${stored} bytes on disk, ${size} promised`}, dataChanged(listing, digest));
		} else if (link === 'malformed') {
			const changed = listing.repositories.get(repository)?.layers.get(digest)?.changed;
			add({kind: 'link-malformed', ...about, detail: `the link of this ${what} does not hold its digest`}, changed);
		} else if (link === 'gone' && lacks && listing.blobs.has(digest)) {
			const since = layerLinkChanged(listing, repository, digest);
			add({kind: 'layer-unlinked', ...about, detail: `the ${what} is on disk, but not linked here`}, since);
		}
	}

	function linkTime(digest: Digest): number | undefined {
		const {revisions, layers} = listing.repositories.get(repository) ?? {};
		return (revisions?.get(digest) ?? layers?.get(digest))?.changed;
	}

	function add(fault: StorageFault, since: number | undefined): void {
		faults.push(since === undefined ? fault : {...fault, since});
	}
}
