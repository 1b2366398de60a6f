import * as v from 'valibot';
import {type Digest, isDigest, isUnsupportedDigest} from './digest.ts';
import {ambiguityIn} from './go-json.ts';
import {bareMediaType, isIndexType, isManifestType, mediaTypes} from './media-type.ts';

type Platform = {os: string; architecture: string; variant?: string};

/** @see OCI image-spec descriptor.md. Sizes are bytes. */
export type Descriptor = {
	digest: Digest;
	size: number;
	mediaType?: string;
	platform?: Platform;
	annotations?: Record<string, string>;
	urls?: string[];
};

export type Index = {
	kind: 'index';
	mediaType: string;
	artifactType?: string;
	children: Descriptor[];
	subject?: Descriptor;
};

export type ImageManifest = {
	kind: 'image';
	mediaType: string;
	artifactType?: string;
	/** An artifact manifest has none. */
	config?: Descriptor;
	layers: Descriptor[];
	subject?: Descriptor;
};

export type Manifest = Index | ImageManifest;

/**
 * A manifest that cannot be read is a fault of the image, with its reason, and not an error of regmedic.
 * `unsupported`: a digest with an algorithm that regmedic does not support; the manifest may be right.
 * `ambiguous`: clients may read another manifest than the one that JavaScript reads.
 */
export type ParsedManifest =
	| {ok: true; manifest: Manifest; schemaVersion?: number}
	| {ok: false; reason: string; unsupported?: string; ambiguous?: true};

// Registries and engines are written in Go, whose decoder reads null as absent, and a platform without its fields as one with
// empty fields; in a map or a list, null is its zero value. A stricter reader would call images broken that everyone can pull.
const text = v.nullish(v.string());
const textOrNull = v.pipe(
	v.nullable(v.string()),
	v.transform(value => value ?? ''),
);

const descriptor = v.object({
	digest: v.pipe(v.string(), v.guard(isDigest, 'not a digest')),
	/** Absent is 0: distribution 2.8 writes a size of 0 as none (`omitempty`). @see distribution v2.8.3 blobs.go, Descriptor */
	size: v.nullish(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 0),
	mediaType: text,
	platform: v.nullish(
		v.object({
			os: text,
			architecture: text,
			variant: text,
			'os.version': text,
			'os.features': v.nullish(v.array(textOrNull)),
		}),
	),
	annotations: v.nullish(v.record(v.string(), textOrNull)),
	urls: v.nullish(v.array(textOrNull)),
	/** Base64 */
	data: text,
});

const document = v.object({
	schemaVersion: v.nullish(v.number()),
	mediaType: text,
	artifactType: text,
	manifests: v.optional(v.nullable(v.array(descriptor))),
	config: v.nullish(descriptor),
	layers: v.optional(v.nullable(v.array(descriptor))),
	/** The layers of an artifact manifest. */
	blobs: v.optional(v.nullable(v.array(descriptor))),
	/** Nobody needs it to pull: what is no descriptor counts as none. */
	subject: v.fallback(v.nullish(descriptor), undefined),
	annotations: v.nullish(v.record(v.string(), textOrNull)),
});

/**
 * Reads an OCI index or manifest, a Docker list or a schema 2 manifest. `mediaType` may be absent in OCI documents:
 * then the Content-Type decides, or else the fields.
 * @param contentType of the registry's response, if it had one
 */
export function parseManifest(source: string, contentType?: string): ParsedManifest {
	let json: unknown;
	try {
		json = JSON.parse(source);
	} catch {
		return {ok: false, reason: source.length === 0 ? 'it is empty' : 'it is not JSON'};
	}

	const ambiguity = ambiguityIn(source, json);
	if (ambiguity !== undefined) {
		return {ok: false, reason: ambiguity, ambiguous: true};
	}

	const parsed = v.safeParse(document, json);
	if (!parsed.success) {
		const issue = parsed.issues[0];
		const reason = `${v.getDotPath(issue) ?? 'the document'}: ${issue.message}`;
		const {input} = issue;
		return isUnsupportedDigest(input) ? {ok: false, reason, unsupported: input} : {ok: false, reason};
	}

	const {output} = parsed;
	const declared = output.mediaType || bareMediaType(contentType);
	const artifact = {
		...(output.artifactType ? {artifactType: output.artifactType} : {}),
		...(output.subject ? {subject: compact(output.subject)} : {}),
	};
	const version = output.schemaVersion == null ? {} : {schemaVersion: output.schemaVersion};
	const layers = output.layers ?? output.blobs;
	const hasParts = Boolean(output.config || layers);
	const saysIndex = isIndexType(declared);

	// One reader would see an index and another an image. @see CVE-2021-41190
	if (hasParts && (output.manifests || saysIndex)) {
		return {ok: false, reason: 'it is both an index and an image'};
	}

	if (!hasParts) {
		if (output.manifests === undefined || (isManifestType(declared) && !saysIndex)) {
			return {ok: false, reason: 'it has neither manifests nor config and layers'};
		}

		const mediaType = saysIndex ? declared! : mediaTypes.ociIndex;
		return {
			ok: true,
			manifest: {kind: 'index', mediaType, children: (output.manifests ?? []).map(compact), ...artifact},
			...version,
		};
	}

	// Only an artifact manifest, with its blobs, may do without. @see OCI image-spec manifest.md, "config": REQUIRED
	if (!output.config && (output.layers?.length ?? 0) > 0 && declared !== mediaTypes.ociArtifact) {
		return {ok: false, reason: 'it has no config'};
	}

	return {
		ok: true,
		manifest: {
			kind: 'image',
			mediaType: declared && isManifestType(declared) ? declared : output.mediaType || mediaTypes.ociManifest,
			...(output.config ? {config: compact(output.config)} : {}),
			layers: (layers ?? []).map(compact),
			...artifact,
		},
		...version,
	};
}

/** `linux/arm64/v8` or `attestation`; undefined where the index names no platform. */
export function platformName({platform, annotations}: Descriptor): string | undefined {
	// BuildKit marks its provenance manifests with platform unknown/unknown and this annotation.
	if (annotations?.['vnd.docker.reference.type'] === 'attestation-manifest') {
		return 'attestation';
	}

	return platform && ([platform.os, platform.architecture, platform.variant].filter(Boolean).join('/') || undefined);
}

/** What a pull of the manifest needs: the children of an index, or the config and layers of an image. */
export function references(manifest: Manifest): Descriptor[] {
	return manifest.kind === 'index'
		? manifest.children
		: [...(manifest.config === undefined ? [] : [manifest.config]), ...manifest.layers];
}

function compact(raw: v.InferOutput<typeof descriptor>): Descriptor {
	const {os, architecture, variant} = raw.platform ?? {};
	return {
		digest: raw.digest,
		size: raw.size,
		...(raw.mediaType ? {mediaType: raw.mediaType} : {}),
		...(raw.platform
			? {platform: {os: os ?? '', architecture: architecture ?? '', ...(variant ? {variant} : {})}}
			: {}),
		...(raw.annotations ? {annotations: raw.annotations} : {}),
		...(raw.urls ? {urls: raw.urls} : {}),
	};
}
