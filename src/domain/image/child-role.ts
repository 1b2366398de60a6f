import type {Descriptor} from './manifest.ts';
import {isManifestType, mediaTypes} from './media-type.ts';

/** BuildKit's cache exports are indexes over bare layers and a config: those are blobs, and 404 as manifests. */
export function roleOfChild({mediaType}: Pick<Descriptor, 'mediaType'>): 'manifest' | 'config' | 'layer' {
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
