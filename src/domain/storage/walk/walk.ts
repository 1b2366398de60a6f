import {roleOfChild} from '../../image/child-role.ts';
import type {Digest} from '../../image/digest.ts';
import {type Descriptor, type ImageManifest, isForeign, platformName} from '../../image/manifest.ts';
import {planBelow} from '../judgement/plan.ts';
import {linkTrouble} from '../listing/link.ts';
import {earliest} from '../listing/times.ts';
import {gonePartsOf, type StorageFault, sayLoss} from './faults.ts';
import type {StorageGraph} from './graph.ts';
import {blobTrouble, revisionTrouble} from './trouble.ts';

export type StorageRole = 'authoritative' | 'cache';

/** Where something stands in an image. */
export type Place = {digest: Digest; via: Digest[]; platform?: string};

export type Walk = {
	faults: StorageFault[];
	/** Every manifest on the way, whole or not. */
	reached: Set<Digest>;
	/** Everything else that these need here. */
	blobs: Set<Digest>;
	/** Manifests that are served although a garbage collection would not see them. */
	servedAsLayers: Place[];
};

/**
 * Follows one manifest down through indexes, children, configs and layers, as the registry would serve them from this
 * repository. A cache fetches what it lacks, so there only what is present and damaged counts.
 */
export function walkManifest(graph: StorageGraph, repository: string, root: Digest, role: StorageRole): Walk {
	const {listing, times} = graph;
	const walk: Walk = {faults: [], reached: new Set(), blobs: new Set(), servedAsLayers: []};
	const {faults, reached} = walk;
	const lacks = role === 'authoritative';
	const hasLostLayers = lacks && graph.hasLostLayers(repository);

	visit({digest: root, via: []});
	return walk;

	function visit(place: Place): void {
		const {digest, via, platform} = place;
		if (reached.has(digest)) {
			return;
		}

		reached.add(digest);
		if (lacks && graph.isServedAsLayer(repository, digest)) {
			walk.servedAsLayers.push(place);
		}

		const body = graph.manifest(digest);
		if (body?.ok === false) {
			add({kind: 'manifest-unreadable', ...place, detail: body.reason}, times.data(digest));
		}

		if (!body?.ok) {
			return;
		}

		const below = [...via, digest];
		if (body.manifest.kind === 'index') {
			visitChildren(body.manifest.children, below, platform);
		} else {
			visitBlobs(body.manifest, below, platform);
		}
	}

	function visitChildren(children: readonly Descriptor[], via: Digest[], inherited: string | undefined): void {
		for (const child of children) {
			const platform = platformName(child) ?? inherited;
			const what = roleOfChild(child);
			if (what === 'manifest') {
				visitChild({digest: child.digest, via, ...(platform === undefined ? {} : {platform})});
			} else {
				visitBlob(child, what, via, platform);
			}
		}
	}

	function visitChild(place: Place): void {
		const {digest} = place;
		if (reached.has(digest)) {
			return;
		}

		const link = graph.revision(repository, digest);
		const data = graph.data(digest);
		if (link === 'malformed') {
			reached.add(digest);
			add({kind: 'link-malformed', ...place, detail: revisionTrouble(graph, repository, digest)}, linkTime(digest));
		} else if (link === 'there' && data !== 'gone') {
			visit(place);
		} else if (lacks && data === 'gone') {
			reached.add(digest);
			const since = link === 'there' ? times.data(digest) : times.revision(repository, digest);
			add({kind: 'child-missing', ...place, detail: 'its JSON is gone'}, since);
		} else if (lacks && link === 'gone' && data === 'there') {
			unlinkedChild(place);
		} else {
			reached.add(digest);
		}
	}

	/** The JSON is there and the link is not: what `garbage-collect -m` leaves, or a link lost in another way. */
	function unlinkedChild(place: Place): void {
		const {digest, via, platform} = place;
		const since = times.revision(repository, digest);
		const body = graph.manifest(digest);
		reached.add(digest);
		if (body === undefined) {
			return;
		}

		if (!body.ok) {
			const detail = `its link is gone and its JSON is of no use: ${body.reason}`;
			add({kind: 'child-missing', ...place, detail}, since);
			return;
		}

		const plan = planBelow(graph, repository, [digest]);
		const lost = gonePartsOf(plan);
		for (const part of plan.parts) {
			walk.blobs.add(part.digest);
		}

		if (lost.length > 0) {
			const missing = lost.filter(part => graph.data(part) === 'gone');
			const detail = sayLoss(missing.length, lost.length - missing.length);
			add({kind: 'child-swept', ...place, missing, detail}, earliest([since, ...missing.map(times.data)]));
		} else {
			const detail = plan.complete
				? 'everything is on disk, only its revision link is gone'
				: 'its revision link is gone; whether all its parts are still there could not be read';
			add({kind: 'child-unlinked', ...place, detail}, since);
		}

		const below = [...via, digest];
		if (body.manifest.kind === 'index') {
			visitChildren(body.manifest.children, below, platform);
		} else {
			// The rebuild would meet them again.
			const isDamaged = (blob: Descriptor) => listing.blobs.has(blob.digest) && graph.damage(blob) !== undefined;
			visitBlobs(body.manifest, below, platform, isDamaged);
		}
	}

	function visitBlobs(
		{config, layers}: ImageManifest,
		via: Digest[],
		platform: string | undefined,
		isWanted: (blob: Descriptor) => boolean = () => true,
	): void {
		for (const blob of [...(config === undefined ? [] : [config]), ...layers].filter(isWanted)) {
			visitBlob(blob, blob === config ? 'config' : 'layer', via, platform);
		}
	}

	function visitBlob(blob: Descriptor, what: 'config' | 'layer', via: Digest[], platform: string | undefined): void {
		const {digest} = blob;
		if (isForeign(blob)) {
			return;
		}

		walk.blobs.add(digest);
		const about = {digest, via, ...(platform === undefined ? {} : {platform})};
		const damage = graph.damage(blob);
		const link = graph.layer(repository, digest);
		if (link === 'gone' && hasLostLayers) {
			lostLayers();
		}

		if (damage !== undefined) {
			if (lacks || damage !== 'gone') {
				add({...about, ...blobTrouble(graph, blob, what, damage)}, times.data(digest));
			}
		} else if (link === 'malformed') {
			const stored = listing.repositories.get(repository)!.layers.get(digest)!;
			add(
				{kind: 'link-malformed', ...about, detail: `the link of this ${what} ${linkTrouble(stored)}`},
				stored.changed,
			);
		} else if (link === 'gone' && lacks && !hasLostLayers && listing.blobs.has(digest)) {
			const since = times.layer(repository, digest);
			add({kind: 'layer-unlinked', ...about, detail: `the ${what} is on disk, but not linked here`}, since);
		}
	}

	function lostLayers(): void {
		if (!faults.some(({ofRepository}) => ofRepository)) {
			const detail =
				'its folder _layers is gone: 2.8 does not list the repository any more and serves none of its blobs, and any garbage collection would take its manifests, too';
			add({kind: 'layer-unlinked', ofRepository: true, via: [], detail}, times.layersFolder(repository));
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
