import type {Digest} from '../../domain/digest.ts';
import type {Fault} from '../../domain/fault.ts';
import {type Descriptor, isForeign, type Manifest, platformName} from '../../domain/manifest.ts';
import {isManifestType, mediaTypes} from '../../domain/media-type.ts';
import type {Unchecked} from '../../domain/verdict.ts';

/** Something that has to be there for the image to be pulled, and the way to it. */
export type Part = {
	role: 'manifest' | 'config' | 'layer';
	descriptor: Descriptor;
	/** The manifests above it, outermost first. */
	via: Digest[];
	platform?: string;
};

/** A part after the registry was asked for it. */
export type Looked = {
	part: Part;
	status?: number;
	fault?: Fault;
	unchecked?: Unchecked;
	/** What it needs in its turn. */
	parts: Part[];
};

/** Each is looked at once, however many manifests share it. */
export function keyOf({role, descriptor}: Part): string {
	return `${role === 'manifest' ? 'manifest' : 'blob'} ${descriptor.digest} ${descriptor.size}`;
}

/** What a manifest needs. Foreign layers live elsewhere; a `subject` may be missing. */
export function partsOf(manifest: Manifest, via: Digest[], platform: string | undefined): Part[] {
	const inherited = platform === undefined ? {} : {platform};

	if (manifest.kind === 'index') {
		return manifest.children.map(child => {
			const name = platformName(child) ?? platform;
			const own = name === undefined ? {} : {platform: name};
			return {role: roleOfChild(child), descriptor: child, via, ...own};
		});
	}

	return [
		...(manifest.config === undefined
			? []
			: [{role: 'config' as const, descriptor: manifest.config, via, ...inherited}]),
		...manifest.layers
			.filter(layer => !isForeign(layer))
			.map(layer => ({role: 'layer' as const, descriptor: layer, via, ...inherited})),
	];
}

/** BuildKit's cache exports are indexes over bare layers and a config: those are blobs, and 404 as manifests. */
function roleOfChild({mediaType}: Descriptor): Part['role'] {
	const isManifest =
		mediaType === undefined ||
		isManifestType(mediaType) ||
		mediaType === mediaTypes.ociArtifact ||
		/manifest/i.test(mediaType);

	if (isManifest) {
		return 'manifest';
	}

	return /config/i.test(mediaType) ? 'config' : 'layer';
}
