import type {Digest} from '../../image/digest.ts';
import type {FaultKind} from '../../image/fault.ts';
import {type Descriptor, references} from '../../image/manifest.ts';
import {roleOfChild} from '../../image/media-type.ts';
import {mayLiveElsewhere} from '../../image/pullable/layer-types.ts';
import {tagTarget} from '../listing/links.ts';
import type {StorageListing} from '../listing/listing.ts';
import {openGraph, type StorageGraph} from './graph.ts';

/** What has to be there before a link can be put back, in the order of the work: leaves first. */
export type RelinkPlan = {
	/** Whether every part is there, and as long as it should be. */
	complete: boolean;
	parts: RelinkPart[];
	/** Tags whose own link has to be written again, after the parts. */
	retag?: string[];
	/** Why the registry may refuse it all the same. */
	caveats?: string[];
};

/**
 * `linked`: in this repository, nothing to do. `elsewhere`: linked in the repository `from`, from which it is mounted.
 * `disk`: linked nowhere that helps; a blob is uploaded and a manifest is PUT, from the bytes on the disk.
 * `damaged`: there, and not what it should be. `unread`: it was not read.
 */
export type RelinkPart = {
	digest: Digest;
	role: 'manifest' | 'config' | 'layer';
	where: 'linked' | 'elsewhere' | 'disk' | 'gone' | 'damaged' | 'unread';
	from?: string;
	/** Bytes on the disk. */
	size?: number;
};

/** A fault that a relink may repair. @see Finding */
export type RelinkTarget = {kind: FaultKind; repository: string; digest?: Digest; tags: string[]; via: Digest[]};

const foreign =
	'it has foreign layers: 2.8 refuses such a manifest unless validation.manifests.urls allows their addresses';

/**
 * What it takes to put the links of a finding back: config and layers, then manifests, nested ones first.
 * @returns undefined where it is not known what the links pointed to
 * @see distribution v2.8.3: PUT of a manifest checks that its parts are linked and there, but not how long they are
 */
export function relinkPlan(
	{kind, repository, digest, tags, via}: RelinkTarget,
	listing: StorageListing,
	graph: StorageGraph = openGraph(listing),
): RelinkPlan | undefined {
	const ofRepository = listing.repositories.get(repository);

	if (kind === 'repository-vanished' && digest !== undefined) {
		return {...planBelow(graph, repository, [digest]), ...(tags.length === 0 ? {} : {retag: tags})};
	}

	if (digest !== undefined) {
		const blob = blobIn(graph, via.at(-1), digest);
		return blob === undefined ? planBelow(graph, repository, [digest]) : planOfBlob(graph, repository, blob);
	}

	if (kind === 'link-malformed') {
		const target = graph.intendedTarget(repository, tags[0] ?? '');
		return target && {...planBelow(graph, repository, [target]), retag: tags};
	}

	if (kind === 'layer-unlinked') {
		const targets = tags
			.map(tag => tagTarget(ofRepository?.tags.get(tag)?.link))
			.filter(target => target !== undefined);
		return planBelow(graph, repository, targets.length > 0 ? [...new Set(targets)] : ofRepository!.revisions.keys());
	}

	return undefined;
}

/** These manifests and everything below them, each once. */
export function planBelow(graph: StorageGraph, repository: string, roots: Iterable<Digest>): RelinkPlan {
	const parts = new Map<string, RelinkPart>();
	const seen = new Set<Digest>();
	let hasForeign = false;
	for (const root of roots) {
		visit(root);
	}

	return finished([...parts.values()], hasForeign ? [foreign] : []);

	function visit(digest: Digest): void {
		if (seen.has(digest)) {
			return;
		}

		seen.add(digest);
		const body = graph.manifest(digest);
		for (const needed of body?.ok ? references(body.manifest) : []) {
			const role = body?.ok && body.manifest.kind === 'index' ? roleOfChild(needed) : undefined;
			if (role === 'manifest') {
				visit(needed.digest);
			} else if (mayLiveElsewhere(needed)) {
				hasForeign = true;
			} else {
				const isConfig =
					role === 'config' || (body?.ok && body.manifest.kind === 'image' && body.manifest.config === needed);
				// The same digest with two sizes is two parts: one of them is wrong.
				parts.set(`${needed.digest} ${needed.size}`, partOf(graph, repository, needed, isConfig ? 'config' : 'layer'));
			}
		}

		parts.set(digest, manifestPart(graph, repository, digest));
	}
}

function planOfBlob(
	graph: StorageGraph,
	repository: string,
	{blob, role}: {blob: Descriptor; role: 'config' | 'layer'},
): RelinkPlan {
	return finished([partOf(graph, repository, blob, role)], []);
}

function finished(parts: RelinkPart[], caveats: string[]): RelinkPlan {
	const complete = parts.every(({where}) => where === 'linked' || where === 'elsewhere' || where === 'disk');
	return {complete, parts, ...(caveats.length === 0 ? {} : {caveats})};
}

/** The descriptor of this digest in the manifest above, if it is one of its blobs. */
function blobIn(
	graph: StorageGraph,
	parent: Digest | undefined,
	digest: Digest,
): {blob: Descriptor; role: 'config' | 'layer'} | undefined {
	const body = parent === undefined ? undefined : graph.manifest(parent);
	const blob = body?.ok ? references(body.manifest).find(needed => needed.digest === digest) : undefined;
	if (!body?.ok || blob === undefined) {
		return undefined;
	}

	const {manifest} = body;
	const role = manifest.kind === 'index' ? roleOfChild(blob) : manifest.config === blob ? 'config' : 'layer';
	return role === 'manifest' ? undefined : {blob, role};
}

function manifestPart(graph: StorageGraph, repository: string, digest: Digest): RelinkPart {
	const about = {digest, role: 'manifest', ...sizeOf(graph, digest)} as const;
	const data = graph.data(digest);
	if (data !== 'there') {
		return {...about, where: data};
	}

	const body = graph.manifest(digest);
	const link = graph.revision(repository, digest);
	if (body === undefined || link === 'unread') {
		return {...about, where: 'unread'};
	}

	return {...about, where: !body.ok ? 'damaged' : link === 'there' ? 'linked' : 'disk'};
}

function partOf(graph: StorageGraph, repository: string, blob: Descriptor, role: 'config' | 'layer'): RelinkPart {
	const {digest} = blob;
	const about = {digest, role, ...sizeOf(graph, digest)};
	const found = graph.damage(blob);
	// Whole data can be linked, whatever size its manifest states.
	const damage = found === 'missized' ? undefined : found;
	if (damage !== undefined || graph.data(digest) !== 'there') {
		return {...about, where: damage === undefined ? 'unread' : damage === 'gone' ? 'gone' : 'damaged'};
	}

	const link = graph.layer(repository, digest);
	if (link === 'there' || link === 'unread') {
		return {...about, where: link === 'there' ? 'linked' : 'unread'};
	}

	const from = graph.linkedIn(digest);
	return from === undefined ? {...about, where: 'disk'} : {...about, where: 'elsewhere', from};
}

function sizeOf({listing}: StorageGraph, digest: Digest): {size?: number} {
	const size = listing.blobs.get(digest)?.size;
	return size === undefined ? {} : {size};
}

/** The parts that this disk cannot supply. */
export function gonePartsOf({parts}: RelinkPlan): Digest[] {
	const gone = parts.filter(({where}) => where === 'gone' || where === 'damaged');
	return [...new Set(gone.map(({digest}) => digest))];
}
