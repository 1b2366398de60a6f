import {roleOfChild} from '../../image/child-role.ts';
import type {Digest} from '../../image/digest.ts';
import {type Descriptor, isForeign, references} from '../../image/manifest.ts';
import type {Finding, RelinkPart, RelinkPlan} from '../finding.ts';
import {tagTarget} from '../listing/link.ts';
import type {StorageListing} from '../listing/listing.ts';
import {intendedTarget} from '../listing/tag.ts';
import {openGraph, type StorageGraph} from '../walk/graph.ts';

const foreign =
	'it has layers that live elsewhere: 2.8 refuses such a manifest unless validation.manifests.urls allows their addresses';

/**
 * What it takes to put the links of a finding back: config and layers, then manifests, nested ones first.
 * @see distribution v2.8.3: PUT of a manifest checks that its parts are linked and there; never how long they are
 */
export function relinkPlan(
	{kind, repository, digest, tags, via}: Pick<Finding, 'kind' | 'repository' | 'digest' | 'tags' | 'via'>,
	listing: StorageListing,
	graph: StorageGraph = openGraph(listing),
): RelinkPlan | undefined {
	const ofRepository = listing.repositories.get(repository);

	if (digest !== undefined) {
		const blob = blobIn(graph, via.at(-1), digest);
		return blob === undefined ? planBelow(graph, repository, [digest]) : planOfBlob(graph, repository, blob);
	}

	if (kind === 'link-malformed') {
		const target = intendedTarget(graph, repository, tags[0] ?? '');
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

/** Everything below these manifests, and they themselves, each once. */
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
			} else if (isForeign(needed)) {
				hasForeign = true;
			} else {
				const isConfig =
					role === 'config' || (body?.ok && body.manifest.kind === 'image' && body.manifest.config === needed);
				// One digest under two lengths: one of them is wrong.
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

/** What the manifest above says of this digest, if it is one of its blobs. */
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
	const damage = graph.damage(blob);
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
