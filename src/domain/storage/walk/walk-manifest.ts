import type {Digest} from '../../image/digest.ts';
import {
	type Descriptor,
	type ImageManifest,
	isForeign,
	type ParsedManifest,
	platformName,
} from '../../image/manifest.ts';
import {mediaTypes, roleOfChild} from '../../image/media-type.ts';
import type {RegistryRole} from '../../image/verdict.ts';
import {blobData, layerLink, layersFolder, revisionLink} from '../listing/paths.ts';
import {earliest} from '../listing/times.ts';
import {blobFault, layerLinkFault, revisionFault, type StorageFault, sayGone, sayLoss} from './faults.ts';
import type {StorageGraph} from './graph.ts';
import {gonePartsOf, planBelow} from './relink-plan.ts';

/** A part of an image, and the path to it. */
export type PartPath = {digest: Digest; via: Digest[]; platform?: string};

export type Walk = {
	faults: StorageFault[];
	/** Every manifest on the way, intact or not. */
	reached: Set<Digest>;
	/** All configs and layers that these need. */
	blobs: Set<Digest>;
	/** Manifests that are served although a garbage collection would not see them. */
	servedAsLayers: PartPath[];
};

/**
 * Follows one manifest down through indexes, children, configs and layers, as the registry would serve them from this
 * repository. A cache fetches whatever it lacks: there only damage counts, not absence.
 */
export function walkManifest(graph: StorageGraph, repository: string, root: Digest, role: RegistryRole): Walk {
	return walkFrom(graph, {repository, root, role, hasRevision: true});
}

/** The same for a manifest of which nothing is known yet: its link and its data are looked at like those of a child. */
export function walkDigest(graph: StorageGraph, repository: string, root: Digest, role: RegistryRole): Walk {
	return walkFrom(graph, {repository, root, role, hasRevision: false});
}

type Start = {repository: string; root: Digest; role: RegistryRole; hasRevision: boolean};

function walkFrom(graph: StorageGraph, {repository, root, role, hasRevision}: Start): Walk {
	const {listing, times} = graph;
	const walk: Walk = {faults: [], reached: new Set(), blobs: new Set(), servedAsLayers: []};
	const {faults, reached} = walk;
	const mustHoldAll = role === 'authoritative';
	const hasLostLayers = mustHoldAll && graph.hasLostLayers(repository);

	(hasRevision ? visit : visitChild)({digest: root, via: []});
	return walk;

	function visit(path: PartPath): void {
		const {digest, via, platform} = path;
		if (reached.has(digest)) {
			return;
		}

		reached.add(digest);
		if (mustHoldAll && graph.isServedAsLayer(repository, digest)) {
			walk.servedAsLayers.push(path);
		}

		const body = graph.manifest(digest);
		if (body?.ok === false) {
			add({kind: 'manifest-unreadable', ...path, detail: body.reason}, times.data(digest));
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
			const role = roleOfChild(child);
			if (role === 'manifest') {
				const path = {digest: child.digest, via, ...(platform === undefined ? {} : {platform})};
				visitChild(path);
				compareSize(path, child.size);
			} else {
				visitBlob(child, role, via, platform);
			}
		}
	}

	function visitChild(path: PartPath): void {
		const {digest} = path;
		if (reached.has(digest)) {
			return;
		}

		const link = graph.revision(repository, digest);
		const data = graph.data(digest);
		if (link === 'malformed') {
			reached.add(digest);
			const {since, ...fault} = revisionFault(graph, repository, digest);
			add({...fault, ...path}, since);
		} else if (link === 'there' && data !== 'gone') {
			visit(path);
		} else if (mustHoldAll && data === 'gone') {
			reached.add(digest);
			const since = link === 'there' ? times.data(digest) : times.revision(repository, digest);
			const detail = sayGone(graph, blobData(digest), {wanted: 'its JSON', gone: 'its JSON is gone'});
			add({kind: 'child-missing', ...path, detail}, since);
		} else if (mustHoldAll && link === 'gone' && data === 'there') {
			unlinkedChild(path);
		} else {
			reached.add(digest);
		}
	}

	/** A manifest is hashed when it is listed: one that can be read is whole, and the index is wrong. */
	function compareSize(path: PartPath, size: number): void {
		const {digest} = path;
		const stored = listing.blobs.get(digest);
		if (stored !== undefined && stored.size !== size && isHashed(graph.manifest(digest))) {
			add(
				{
					kind: 'size-wrong',
					...path,
					detail: `${stored.size} bytes on disk, which match its digest; the index says ${size}`,
				},
				undefined,
			);
		}
	}

	/** The manifest is there and its link is not: `garbage-collect -m` removed the link, or it was lost in another way. */
	function unlinkedChild(path: PartPath): void {
		const {digest, via, platform} = path;
		const since = times.revision(repository, digest);
		const body = graph.manifest(digest);
		reached.add(digest);
		if (body === undefined) {
			return;
		}

		if (!body.ok) {
			const detail = `its link is gone and its JSON cannot be read: ${body.reason}`;
			add({kind: 'child-missing', ...path, detail}, since);
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
			add({kind: 'child-swept', ...path, missing, detail}, earliest([since, ...missing.map(times.data)]));
		} else {
			const detail = plan.complete
				? sayGone(graph, revisionLink(repository, digest), {
						wanted: 'its revision link',
						gone: 'everything is on disk, only its revision link is gone',
					})
				: 'its revision link is gone; it could not be read whether all its parts are still there';
			add({kind: 'child-unlinked', ...path, detail}, since);
		}

		const below = [...via, digest];
		if (body.manifest.kind === 'index') {
			visitChildren(body.manifest.children, below, platform);
		} else {
			// A rebuild would run into damaged blobs again.
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

	function visitBlob(blob: Descriptor, role: 'config' | 'layer', via: Digest[], platform: string | undefined): void {
		const {digest} = blob;
		if (isForeign(blob)) {
			return;
		}

		walk.blobs.add(digest);
		const part = {digest, via, ...(platform === undefined ? {} : {platform})};
		const damage = graph.damage(blob);
		const link = graph.layer(repository, digest);
		if (link !== 'there' && hasLostLayers) {
			lostLayers();
		}

		if (damage !== undefined) {
			if (mustHoldAll || damage !== 'gone' || graph.obstacle(blobData(digest)) !== undefined) {
				add({...part, ...blobFault(graph, blob, role, damage)}, times.data(digest));
			}
		} else if (link === 'malformed' && !hasLostLayers) {
			const {since, ...fault} = layerLinkFault(graph, repository, digest, role);
			add({...fault, ...part}, since);
		} else if (link === 'gone' && mustHoldAll && !hasLostLayers && listing.blobs.has(digest)) {
			const detail = sayGone(graph, layerLink(repository, digest), {
				wanted: `the link of this ${role}`,
				gone: `the ${role} is on disk, but this repository has no link to it`,
			});
			add({kind: 'layer-unlinked', ...part, detail}, times.layer(repository, digest));
		}
	}

	function lostLayers(): void {
		if (!faults.some(({ofRepository}) => ofRepository)) {
			const folder = sayGone(graph, layersFolder(repository), {
				wanted: 'its layers',
				gone: 'its folder _layers is gone',
			});
			const detail = `${folder}: 2.8 does not list the repository and serves none of its blobs, and any garbage collection would remove its manifests as well`;
			add({kind: 'layer-unlinked', ofRepository: true, via: [], detail}, times.layersFolder(repository));
		}
	}

	function add(fault: StorageFault, since: number | undefined): void {
		faults.push(since === undefined ? fault : {...fault, since});
	}
}

/** The digest of a schema 1 manifest covers only a part of its bytes. */
function isHashed(body: ParsedManifest | undefined): boolean {
	return body?.ok === true && body.manifest.mediaType !== mediaTypes.dockerSchema1;
}
