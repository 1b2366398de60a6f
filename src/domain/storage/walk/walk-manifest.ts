import {defined} from '../../defined.ts';
import type {Digest} from '../../image/digest.ts';
import {type Descriptor, type ImageManifest, platformName} from '../../image/manifest.ts';
import {type MeantPlatforms, mayBeAbsent, platformsMeant} from '../../image/meant-platforms.ts';
import {roleOfChild} from '../../image/media-type.ts';
import {mayLiveElsewhere} from '../../image/pullable/layer-types.ts';
import type {RegistryRole} from '../../image/verdict.ts';
import {blobData} from '../listing/paths.ts';
import {revisionFault, type StorageFault, sayGone} from './faults.ts';
import type {StorageGraph} from './graph.ts';
import {unlinkedFault} from './unlinked-child.ts';
import {lookAtBlob, lostLayersFault, sizeFault} from './walk-blob.ts';
import {configFault, flawsIn, typeFault} from './walk-meaning.ts';

/** A part of an image, and the path to it. */
export type PartPath = {digest: Digest; via: Digest[]; platform?: string};

/** `isOptional`: its platform is not meant to be there. */
type Visited = PartPath & {isOptional?: true};

/** What a store has to hold. */
export type WalkRules = {role: RegistryRole; platforms?: MeantPlatforms};

export type Walk = {
	faults: StorageFault[];
	/** Every manifest on the way, intact or not. */
	reached: Set<Digest>;
	/** All configs and layers that these need. */
	blobs: Set<Digest>;
	/** Manifests that are served although a garbage collection would not see them. */
	servedAsLayers: PartPath[];
	/** How many children and blobs are absent on purpose. */
	notMeant: number;
};

/**
 * Follows one manifest down through indexes, children, configs and layers, as the registry would serve them from this
 * repository. A cache fetches whatever it lacks: there only damage counts, not absence.
 */
export function walkManifest(graph: StorageGraph, repository: string, root: Digest, rules: WalkRules): Walk {
	return walkFrom(graph, {repository, root, ...rules, hasRevision: true});
}

/** The same for a manifest of which nothing is known yet: its link and its data are looked at like those of a child. */
export function walkDigest(graph: StorageGraph, repository: string, root: Digest, rules: WalkRules): Walk {
	return walkFrom(graph, {repository, root, ...rules, hasRevision: false});
}

type Start = WalkRules & {repository: string; root: Digest; hasRevision: boolean};

function walkFrom(graph: StorageGraph, {repository, root, role, platforms = {}, hasRevision}: Start): Walk {
	const {listing, times} = graph;
	const walk: Walk = {faults: [], reached: new Set(), blobs: new Set(), servedAsLayers: [], notMeant: 0};
	const {faults, reached} = walk;
	const mustHoldAll = role === 'authoritative';
	const meant = platformsMeant(platforms, repository);
	const hasLostLayers = mustHoldAll && graph.hasLostLayers(repository);

	(hasRevision ? visit : visitChild)({digest: root, via: []});
	return walk;

	function visit(path: Visited): void {
		const {digest, via} = path;
		if (reached.has(digest)) {
			return;
		}

		reached.add(digest);
		if (mustHoldAll && graph.isServedAsLayer(repository, digest)) {
			walk.servedAsLayers.push(placeOf(path));
		}

		const body = graph.manifest(digest);
		if (body?.ok === false) {
			add({kind: 'manifest-unreadable', ...placeOf(path), detail: body.reason}, times.data(digest));
		}

		if (!body?.ok) {
			return;
		}

		const below = [...via, digest];
		faults.push(...flawsIn(body.manifest, below, path.platform));
		if (body.manifest.kind === 'index') {
			visitChildren(body.manifest.children, below, path);
		} else {
			visitBlobs(body.manifest, below, path);
		}
	}

	function visitChildren(children: readonly Descriptor[], via: Digest[], parent: Visited): void {
		const isAbsentOnPurpose = mayBeAbsent(children.map(platformName), meant);
		const isOptional = (child: Descriptor) => parent.isOptional === true || isAbsentOnPurpose(platformName(child));
		// What a meant platform needs is looked at first, so that nothing of it passes for absent on purpose.
		const ordered = [...children.filter(child => !isOptional(child)), ...children.filter(isOptional)];
		for (const child of meant === undefined ? children : ordered) {
			const platform = platformName(child) ?? parent.platform;
			const path = {
				digest: child.digest,
				via,
				...defined({platform}),
				...(isOptional(child) && {isOptional: true as const}),
			};
			const role = roleOfChild(child);
			if (role === 'manifest') {
				visitChild(path);
				for (const wrong of [sizeFault(graph, child), typeFault(graph, child)]) {
					if (wrong !== undefined) {
						faults.push({...placeOf(path), ...wrong});
					}
				}
			} else {
				visitBlob(child, role, path);
			}
		}
	}

	function visitChild(path: Visited): void {
		const {digest, isOptional} = path;
		const mustHold = mustHoldAll && !isOptional;
		if (reached.has(digest)) {
			return;
		}

		const link = graph.revision(repository, digest);
		const data = graph.data(digest);
		if (link === 'malformed') {
			reached.add(digest);
			const {since, ...fault} = revisionFault(graph, repository, digest);
			add({...fault, ...placeOf(path)}, since);
		} else if (link === 'there' && data !== 'gone') {
			visit(path);
		} else if (mustHold && data === 'gone') {
			reached.add(digest);
			const since = link === 'there' ? times.data(digest) : times.revision(repository, digest);
			const detail = sayGone(graph, blobData(digest), {wanted: 'its JSON', gone: 'its JSON is gone'});
			add({kind: 'child-missing', ...placeOf(path), detail}, since);
		} else if (mustHold && link === 'gone' && data === 'there') {
			unlinkedChild(path);
		} else {
			walk.notMeant += isOptional && (link === 'gone' || data === 'gone') ? 1 : 0;
			reached.add(digest);
		}
	}

	function unlinkedChild(path: Visited): void {
		const {digest, via} = path;
		reached.add(digest);
		const body = graph.manifest(digest);
		if (body === undefined) {
			return;
		}

		const {fault, since, parts} = unlinkedFault(graph, repository, digest, body);
		for (const part of parts) {
			walk.blobs.add(part);
		}

		add({...fault, ...placeOf(path)}, since);
		if (!body.ok) {
			return;
		}

		const below = [...via, digest];
		if (body.manifest.kind === 'index') {
			visitChildren(body.manifest.children, below, path);
		} else {
			// A rebuild would run into damaged blobs again.
			const isDamaged = (blob: Descriptor) => listing.blobs.has(blob.digest) && graph.damage(blob) !== undefined;
			visitBlobs(body.manifest, below, path, isDamaged);
		}
	}

	function visitBlobs(
		manifest: ImageManifest,
		via: Digest[],
		parent: Visited,
		isWanted: (blob: Descriptor) => boolean = () => true,
	): void {
		const {config, layers} = manifest;
		for (const blob of [...(config === undefined ? [] : [config]), ...layers].filter(isWanted)) {
			const path = {...parent, digest: blob.digest, via};
			const before = faults.length;
			visitBlob(blob, blob === config ? 'config' : 'layer', path);
			const wrong =
				blob === config && faults.length === before ? configFault(graph, manifest, parent.platform) : undefined;
			if (wrong !== undefined) {
				faults.push({...placeOf(path), ...wrong});
			}
		}
	}

	function visitBlob(blob: Descriptor, role: 'config' | 'layer', path: Visited): void {
		const {digest, isOptional} = path;
		if (mayLiveElsewhere(blob) && graph.data(digest) !== 'there') {
			return;
		}

		walk.blobs.add(digest);
		if (hasLostLayers && graph.layer(repository, digest) !== 'there') {
			lostLayers();
		}

		const mustHold = mustHoldAll && !isOptional;
		const found = lookAtBlob(graph, blob, {repository, role, mustHold, hasLostLayers});
		if (found === 'absent') {
			walk.notMeant += isOptional ? 1 : 0;
		} else if (found !== undefined) {
			faults.push({...placeOf(path), ...found});
		}
	}

	function lostLayers(): void {
		if (!faults.some(({ofRepository}) => ofRepository)) {
			faults.push({...lostLayersFault(graph, repository), via: []});
		}
	}

	function add(fault: StorageFault, since: number | undefined): void {
		faults.push(since === undefined ? fault : {...fault, since});
	}
}

function placeOf({digest, via, platform}: Visited): PartPath {
	return {digest, via, ...defined({platform})};
}
