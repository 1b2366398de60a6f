import type {Descriptor, Index, Manifest} from './manifest.ts';
import {isManifestType, roleOfChild} from './media-type.ts';
import {isImageConfig} from './pullable/layer-types.ts';

/**
 * The tags under which clients keep signatures, attestations and lists of referrers: `sha256-<hex>`, with or without an
 * ending, and with the prefix that `cosign attach --attachment-tag-prefix` takes.
 * @see sigstore/cosign specs/SIGNATURE_SPEC.md; OCI distribution-spec, "Referrers Tag Schema"
 */
const attachedTag = /(?:^|[._-])sha(?:256|512)-[0-9a-f]{64,128}(?:\.[\w.-]+)?$/;

export function isAttachedTag(tag: string): boolean {
	return attachedTag.test(tag);
}

/** A layer that is unpacked into a file system. cosign gives its signatures an image's config, and layers of its own. */
const imageLayer = /^application\/vnd\.(?:oci\.image\.layer|docker\.image\.rootfs)\./;

/**
 * Whether this is an image that can be run, and not a signature, an attestation, a build cache, a chart or another artifact.
 * @param manifestOf the children of an index, as far as they are known
 * @see OCI image-spec manifest.md, "Guidelines for Artifact Usage"; moby/buildkit README, "Registry cache"
 */
export function isRunnable(manifest: Manifest, manifestOf: (child: Descriptor) => Manifest | undefined): boolean {
	if (manifest.artifactType !== undefined || manifest.subject !== undefined) {
		return false;
	}

	if (manifest.kind === 'index') {
		return runnableChildren(manifest).some(child => {
			const below = manifestOf(child);
			return below === undefined || isRunnable(below, manifestOf);
		});
	}

	const {config, layers} = manifest;
	return (
		isImageConfig(config?.mediaType) &&
		layers.length > 0 &&
		layers.every(({mediaType}) => imageLayer.test(mediaType ?? ''))
	);
}

/** The children that an engine chooses from. BuildKit's attestations have the platform `unknown/unknown`. */
export function runnableChildren({children}: Index): Descriptor[] {
	return children.filter(child => {
		const {os, architecture} = child.platform ?? {};
		const isUnknown = os === 'unknown' && architecture === 'unknown';
		const isAttestation = child.annotations?.['vnd.docker.reference.type'] !== undefined;
		const isManifest = child.mediaType === undefined || isManifestType(child.mediaType);
		return roleOfChild(child) === 'manifest' && isManifest && !isUnknown && !isAttestation;
	});
}
