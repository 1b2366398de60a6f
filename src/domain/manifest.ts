import * as v from 'valibot';
import {type Digest, isDigest} from './digest.ts';
import {bareMediaType, isIndexType, isManifestType, mediaTypes} from './media-type.ts';

export type Platform = {os: string; architecture: string; variant?: string};

/** @see OCI image-spec descriptor.md. Sizes are bytes. */
export type Descriptor = {
	digest: Digest;
	size: number;
	mediaType?: string;
	platform?: Platform;
	annotations?: Record<string, string>;
	urls?: string[];
};

export type Index = {kind: 'index'; mediaType: string; children: Descriptor[]; subject?: Descriptor};

export type ImageManifest = {
	kind: 'image';
	mediaType: string;
	/** An artifact manifest has none. */
	config?: Descriptor;
	layers: Descriptor[];
	subject?: Descriptor;
};

export type Manifest = Index | ImageManifest;

/** A manifest that cannot be read says why; it is a fault of the image, not an error of ours. */
export type ParsedManifest = {ok: true; manifest: Manifest} | {ok: false; reason: string};

const descriptor = v.object({
	digest: v.pipe(v.string(), v.check(isDigest, 'not a digest')),
	size: v.pipe(v.number(), v.integer(), v.minValue(0)),
	mediaType: v.optional(v.string()),
	platform: v.optional(
		v.nullable(v.object({os: v.string(), architecture: v.string(), variant: v.optional(v.string())})),
	),
	annotations: v.optional(v.nullable(v.record(v.string(), v.string()))),
	urls: v.optional(v.nullable(v.array(v.string()))),
});

const document = v.object({
	mediaType: v.optional(v.string()),
	manifests: v.optional(v.array(descriptor)),
	config: v.optional(descriptor),
	layers: v.optional(v.nullable(v.array(descriptor))),
	/** Artifact manifests name their blobs so. */
	blobs: v.optional(v.nullable(v.array(descriptor))),
	subject: v.optional(v.nullable(descriptor)),
});

/**
 * Reads an OCI index or manifest, a Docker list or a schema 2 manifest. `mediaType` may be absent in OCI documents:
 * then the Content-Type decides, and failing that the fields.
 * @param contentType as the registry answered it, if it did
 */
export function parseManifest(text: string, contentType?: string): ParsedManifest {
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch {
		return {ok: false, reason: text.length === 0 ? 'it is empty' : 'it is not JSON'};
	}

	const parsed = v.safeParse(document, json);
	if (!parsed.success) {
		const issue = parsed.issues[0];
		return {ok: false, reason: `${v.getDotPath(issue) ?? 'the document'}: ${issue.message}`};
	}

	const {output} = parsed;
	const declared = output.mediaType ?? bareMediaType(contentType);
	const subject = output.subject ? {subject: compact(output.subject)} : {};

	if (output.manifests !== undefined && !(isManifestType(declared) && !isIndexType(declared))) {
		const mediaType = isIndexType(declared) ? declared! : mediaTypes.ociIndex;
		return {ok: true, manifest: {kind: 'index', mediaType, children: output.manifests.map(compact), ...subject}};
	}

	const layers = output.layers ?? output.blobs;
	if (output.config === undefined && !layers) {
		return {ok: false, reason: 'it has neither manifests nor config and layers'};
	}

	return {
		ok: true,
		manifest: {
			kind: 'image',
			mediaType: declared && isManifestType(declared) ? declared : (output.mediaType ?? mediaTypes.ociManifest),
			...(output.config === undefined ? {} : {config: compact(output.config)}),
			layers: (layers ?? []).map(compact),
			...subject,
		},
	};
}

/** `linux/arm64/v8`, `attestation`, or undefined where the index does not say. */
export function platformName({platform, annotations}: Descriptor): string | undefined {
	// BuildKit marks its provenance manifests with platform unknown/unknown and this annotation.
	if (annotations?.['vnd.docker.reference.type'] === 'attestation-manifest') {
		return 'attestation';
	}

	return platform && [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/');
}

/** A layer that lives elsewhere (`urls`) need not be in this registry. */
export function isForeign({urls, mediaType}: Descriptor): boolean {
	return (urls?.length ?? 0) > 0 || mediaType?.includes('.foreign.') === true;
}

/** Everything a manifest needs in order to be pulled: children of an index, or config and layers. */
export function references(manifest: Manifest): Descriptor[] {
	return manifest.kind === 'index'
		? manifest.children
		: [...(manifest.config === undefined ? [] : [manifest.config]), ...manifest.layers];
}

function compact(raw: v.InferOutput<typeof descriptor>): Descriptor {
	return {
		digest: raw.digest as Digest,
		size: raw.size,
		...(raw.mediaType === undefined ? {} : {mediaType: raw.mediaType}),
		...(raw.platform ? {platform: compactPlatform(raw.platform)} : {}),
		...(raw.annotations ? {annotations: raw.annotations} : {}),
		...(raw.urls ? {urls: raw.urls} : {}),
	};
}

function compactPlatform({
	os,
	architecture,
	variant,
}: {
	os: string;
	architecture: string;
	variant?: string | undefined;
}): Platform {
	return {os, architecture, ...(variant === undefined || variant === '' ? {} : {variant})};
}
