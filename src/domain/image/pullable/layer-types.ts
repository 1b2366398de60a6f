import {saidCompression} from '../layer/compression.ts';

/** Docker's type for zstd, which the table of containerd 1.6 lacks: it counts as unpackable all the same. */
const dockerZstd = /^application\/vnd\.docker\.image\.rootfs\.(?:foreign\.)?diff\.tar\.zstd$/;
const elsewhere = /^application\/vnd\.(?:oci\.image\.layer\.nondistributable\.|docker\.image\.rootfs\.foreign\.)/;
/** @see containers/ocicrypt spec, "MediaTypes" */
const encrypted = /\+encrypted$/;

/** Nearly all: a store is asked for tens of thousands of layers. */
const usualLayers: ReadonlySet<string> = new Set([
	'application/vnd.oci.image.layer.v1.tar+gzip',
	'application/vnd.oci.image.layer.v1.tar+zstd',
	'application/vnd.oci.image.layer.v1.tar',
	'application/vnd.docker.image.rootfs.diff.tar.gzip',
]);

/** What a container engine can run. Any other config belongs to a chart, a cache, a module or another artifact. */
const imageConfigs: readonly string[] = [
	'application/vnd.oci.image.config.v1+json',
	'application/vnd.docker.container.image.v1+json',
];

export function isImageConfig(mediaType: string | undefined): boolean {
	return mediaType !== undefined && imageConfigs.includes(mediaType);
}

/** A layer that is unpacked into a file system, by whoever has the key if it is encrypted. */
export function isUnpacked(mediaType: string | undefined): boolean {
	if (mediaType !== undefined && usualLayers.has(mediaType)) {
		return true;
	}

	const [base = '', ...suffixes] = mediaType?.split('+') ?? [];
	const plain = [base, ...suffixes.filter(suffix => suffix !== 'encrypted')].join('+');
	return saidCompression(plain) !== undefined || dockerZstd.test(base);
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
