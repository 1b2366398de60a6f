import {defined} from '../../defined.ts';
import type {Digest} from '../../image/digest.ts';
import type {Descriptor} from '../../image/manifest.ts';
import {mediaTypes} from '../../image/media-type.ts';
import {blobData, layerLink, layersFolder} from '../listing/paths.ts';
import {blobFault, layerLinkFault, type StorageFault, sayGone} from './faults.ts';
import type {StorageGraph} from './graph.ts';

type PlaceOfBlob = {
	repository: string;
	role: 'config' | 'layer';
	/** Its absence is a fault. */
	mustHold: boolean;
	/** The folder of all links is gone, which is one fault of its own. */
	hasLostLayers: boolean;
};

/** What is wrong with one config or layer; `absent`: it is gone, and need not be there. */
export function lookAtBlob(
	graph: StorageGraph,
	blob: Descriptor,
	{repository, role, mustHold, hasLostLayers}: PlaceOfBlob,
): Omit<StorageFault, 'via' | 'platform'> | 'absent' | undefined {
	const {digest} = blob;
	const damage = graph.damage(blob);
	const link = graph.layer(repository, digest);

	if (damage !== undefined) {
		const isFault = mustHold || damage !== 'gone' || graph.obstacle(blobData(digest)) !== undefined;
		return isFault ? withSince(digest, blobFault(graph, blob, role, damage), graph.times.data(digest)) : 'absent';
	}

	if (hasLostLayers) {
		return undefined;
	}

	if (link === 'malformed') {
		return layerLinkFault(graph, repository, digest, role);
	}

	if (link === 'gone' && mustHold && graph.listing.blobs.has(digest)) {
		const detail = sayGone(graph, layerLink(repository, digest), {
			wanted: `the link of this ${role}`,
			gone: `the ${role} is on disk, but this repository has no link to it`,
		});
		return withSince(digest, {kind: 'layer-unlinked', detail}, graph.times.layer(repository, digest));
	}

	return undefined;
}

/** A repository that lost the folder of all its links to blobs. */
export function lostLayersFault(graph: StorageGraph, repository: string): Omit<StorageFault, 'via'> {
	const folder = sayGone(graph, layersFolder(repository), {wanted: 'its layers', gone: 'its folder _layers is gone'});
	const detail = `${folder}: 2.8 does not list the repository and serves none of its blobs, and any garbage collection would remove its manifests as well`;
	return {
		kind: 'layer-unlinked',
		ofRepository: true,
		...defined({since: graph.times.layersFolder(repository)}),
		detail,
	};
}

/** A manifest is hashed when it is listed: one that can be read is whole, and its index is wrong. */
export function sizeFault(
	graph: StorageGraph,
	{digest, size}: Descriptor,
): Omit<StorageFault, 'via' | 'platform'> | undefined {
	const stored = graph.listing.blobs.get(digest);
	const body = graph.manifest(digest);
	// The digest of a schema 1 manifest covers only a part of its bytes.
	const isHashed = body?.ok === true && body.manifest.mediaType !== mediaTypes.dockerSchema1;
	return stored !== undefined && stored.size !== size && isHashed
		? {
				kind: 'size-wrong',
				digest,
				detail: `${stored.size} bytes on disk, which match its digest; the index says ${size}`,
			}
		: undefined;
}

function withSince(digest: Digest, fault: Pick<StorageFault, 'kind' | 'detail'>, since: number | undefined) {
	return {digest, ...fault, ...(since === undefined ? {} : {since})};
}
