/** @see OCI image-spec media-types.md and Docker's "Image Manifest Version 2, Schema 2" */
export const mediaTypes = {
	ociIndex: 'application/vnd.oci.image.index.v1+json',
	ociManifest: 'application/vnd.oci.image.manifest.v1+json',
	ociArtifact: 'application/vnd.oci.artifact.manifest.v1+json',
	dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
	dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
	dockerSchema1: 'application/vnd.docker.distribution.manifest.v1+json',
	dockerSchema1Signed: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
} as const;

/**
 * The Accept header for manifests. Without the OCI types registry 2.8 answers 404 for an intact OCI image.
 * @see distribution v2.8.3 registry/handlers/manifests.go
 */
export const acceptedManifests: string[] = [
	mediaTypes.ociIndex,
	mediaTypes.ociManifest,
	mediaTypes.dockerList,
	mediaTypes.dockerManifest,
	mediaTypes.ociArtifact,
];

export function isIndexType(mediaType: string | undefined): boolean {
	return mediaType === mediaTypes.ociIndex || mediaType === mediaTypes.dockerList;
}

export function isManifestType(mediaType: string | undefined): boolean {
	return isIndexType(mediaType) || mediaType === mediaTypes.ociManifest || mediaType === mediaTypes.dockerManifest;
}

/** `application/json; charset=utf-8` → `application/json` */
export function bareMediaType(contentType: string | undefined): string | undefined {
	return contentType?.split(';')[0]?.trim().toLowerCase() || undefined;
}

/** BuildKit exports its cache as an index of bare layers and a config: those are blobs, and 404 as manifests. */
export function roleOfChild({mediaType}: {mediaType?: string}): 'manifest' | 'config' | 'layer' {
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
