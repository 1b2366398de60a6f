/** A layer that is unpacked into a file system; in a type of OCI anything may follow a `+`. @see containerd images/mediatypes.go, DiffCompression */
const unpacked =
	/^application\/vnd\.(?:oci\.image\.layer\.(?:nondistributable\.)?v1\.tar(?:\+.*)?|docker\.image\.rootfs\.(?:foreign\.)?diff\.tar(?:\.(?:gzip|zstd))?(?:\+.*)?)$/;
const elsewhere = /^application\/vnd\.(?:oci\.image\.layer\.nondistributable\.|docker\.image\.rootfs\.foreign\.)/;
/** @see containers/ocicrypt spec, "MediaTypes" */
const encrypted = /\+encrypted$/;

/** What a container engine can run. Any other config belongs to a chart, a cache, a module or another artifact. */
const imageConfigs: readonly string[] = [
	'application/vnd.oci.image.config.v1+json',
	'application/vnd.docker.container.image.v1+json',
];

export function isImageConfig(mediaType: string | undefined): boolean {
	return mediaType !== undefined && imageConfigs.includes(mediaType);
}

export function isUnpacked(mediaType: string | undefined): boolean {
	return mediaType !== undefined && unpacked.test(mediaType);
}

export function isEncrypted(mediaType: string | undefined): boolean {
	return mediaType !== undefined && encrypted.test(mediaType);
}

/**
 * A layer that need not be in this registry: of a type that says so, with an address. Without an address every client asks this
 * registry for it, and an address of any other type is asked by none.
 * @see OCI image-spec descriptor.md, "urls"; distribution v2.8.3 ocimanifesthandler.go, verifyManifest
 */
export function mayLiveElsewhere({mediaType, urls}: {mediaType?: string; urls?: readonly string[]}): boolean {
	return (urls?.length ?? 0) > 0 && mediaType !== undefined && elsewhere.test(mediaType);
}
