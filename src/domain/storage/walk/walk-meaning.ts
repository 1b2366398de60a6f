import {defined} from '../../defined.ts';
import type {Digest} from '../../image/digest.ts';
import {type Descriptor, type ImageManifest, type Manifest, platformName} from '../../image/manifest.ts';
import {judgeConfig} from '../../image/pullable/judge-config.ts';
import {judgeManifest, typeFlaw, unpackedLayers} from '../../image/pullable/judge-manifest.ts';
import {blobFault, type StorageFault} from './faults.ts';
import type {StorageGraph} from './graph.ts';

type Meaning = Omit<StorageFault, 'via' | 'platform'>;

/** What a manifest says of its parts that no client can pull. @param via the manifests above them, it being the last */
export function flawsIn(manifest: Manifest, via: Digest[], platform: string | undefined): StorageFault[] {
	return judgeManifest(via.at(-1)!, manifest).flaws.map(({digest, kind, detail}) => {
		const child = manifest.kind === 'index' ? manifest.children.find(each => each.digest === digest) : undefined;
		return {kind, digest, via, ...defined({platform: (child && platformName(child)) ?? platform}), detail};
	});
}

/** A child that containerd does not find, because its index says that it is another form. */
export function typeFault(graph: StorageGraph, {digest, mediaType}: Descriptor): Meaning | undefined {
	const body = graph.manifest(digest);
	const detail = body?.ok ? typeFlaw(mediaType, body.manifest.mediaType) : undefined;
	return detail === undefined ? undefined : {kind: 'type-mismatch', digest, detail};
}

/** A config whose data is there, and of which no client can make a file system. Undefined also where it was not read. */
export function configFault(
	graph: StorageGraph,
	manifest: ImageManifest,
	platform: string | undefined,
): Meaning | undefined {
	const {config} = manifest;
	const layers = unpackedLayers(manifest);
	const fact = config && graph.listing.imageConfigs?.get(config.digest);
	if (config === undefined || layers === undefined || fact === undefined) {
		return undefined;
	}

	if (fact === 'corrupt') {
		return {digest: config.digest, ...blobFault(graph, config, 'config', 'corrupt')};
	}

	const flaw = fact.state === 'ambiguous' ? undefined : judgeConfig(config.digest, fact, {layers, platform}).flaw;
	return flaw && {digest: config.digest, ...flaw};
}
