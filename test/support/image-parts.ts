import {createHash} from 'node:crypto';
import {gzipSync} from 'node:zlib';
import type {Digest} from '../../src/domain/image/digest.ts';
import {mediaTypes} from '../../src/domain/image/media-type.ts';

/** A manifest or a blob of a push, with the parts it needs. The part at the top is the image. */
export type ImagePart = {
	role: 'manifest' | 'blob';
	bytes: Buffer;
	mediaType: string;
	digest: Digest;
	/** Its descriptor in the manifest above. */
	descriptor: Record<string, unknown>;
	needs: ImagePart[];
};

type Extra = Record<string, unknown>;

export const gzipLayer = 'application/vnd.oci.image.layer.v1.tar+gzip';
const ociConfig = 'application/vnd.oci.image.config.v1+json';

export function blob(content: string | Buffer, mediaType: string, extra: Extra = {}): ImagePart {
	const bytes = Buffer.from(content);
	return partOf({role: 'blob', bytes, mediaType, needs: []}, digestIn(bytes, 'sha256'), extra);
}

/** Repeats the seed, so that it is long enough to be truncated. */
export function layer(seed: string): ImagePart {
	return blob(gzipSync(`${seed}\n`.repeat(60), {level: 0}), gzipLayer);
}

export function config(seed: string): ImagePart {
	return blob(JSON.stringify({os: 'linux', architecture: 'amd64', config: {Labels: {seed}}}), ociConfig);
}

export type ImagePlan = {config?: ImagePart; layers: ImagePart[]; fields?: Extra; named?: Extra};

/** The config of an image names as many unpacked layers as the manifest has. */
function describing(layers: number, part: ImagePart): ImagePart {
	const {mediaType, bytes, descriptor} = part;
	const known = mediaType === ociConfig && descriptor.size === bytes.length ? JSON.parse(bytes.toString()) : undefined;
	if (known === undefined || known.rootfs !== undefined) {
		return part;
	}

	const diffIds = Array.from({length: layers}, (_, at) => digestIn(Buffer.from(`${part.digest} ${at}`), 'sha256'));
	const described = Buffer.from(JSON.stringify({...known, rootfs: {type: 'layers', diff_ids: diffIds}}));
	const digest = digestIn(described, part.digest.startsWith('sha512') ? 'sha512' : 'sha256');
	return {...part, bytes: described, digest, descriptor: {...descriptor, digest, size: described.length}};
}

/** An OCI manifest, valid or not. `fields` are added to it, `named` to its descriptor; undefined removes a field. */
export function image({config: given, layers, fields, named}: ImagePlan): ImagePart {
	const configuration =
		given && describing(Array.isArray(fields?.layers) ? fields.layers.length : layers.length, given);
	const needs = [...(configuration === undefined ? [] : [configuration]), ...layers];
	return manifest(
		{
			mediaType: mediaTypes.ociManifest,
			config: configuration?.descriptor,
			layers: layers.map(({descriptor}) => descriptor),
			...fields,
		},
		needs,
		named,
	);
}

export function index(children: ImagePart[], fields: Extra = {}, named: Extra = {}): ImagePart {
	return manifest(
		{mediaType: mediaTypes.ociIndex, manifests: children.map(({descriptor}) => descriptor), ...fields},
		children,
		named,
	);
}

/** The same part, with a platform in its descriptor. */
export function on(platform: string, part: ImagePart): ImagePart {
	const [os, architecture, variant] = platform.split('/');
	return {...part, descriptor: {...part.descriptor, platform: {os, architecture, variant}}};
}

/** The same part with a sha512 digest. */
export function sha512(part: ImagePart): ImagePart {
	const digest = digestIn(part.bytes, 'sha512');
	return {...part, digest, descriptor: {...part.descriptor, digest}};
}

/** A config and layers that no other image has. */
export function plainImage(seed: string, layers = 1): ImagePart {
	return image({
		config: config(seed),
		layers: Array.from({length: layers}, (_, at) => layer(`${seed} layer ${at}`)),
	});
}

/** As BuildKit before 0.32 pushes its provenance beside an image. */
export function attestation(seed: string, about: ImagePart): ImagePart {
	return attesting(image({config: config(`${seed} attestation`), layers: [statement(seed, about)]}), about);
}

/** As BuildKit since 0.32 does: an artifact whose config is `{}` and whose subject is the image. */
export function attestationArtifact(seed: string, about: ImagePart): ImagePart {
	return attesting(
		image({
			config: blob('{}', 'application/vnd.oci.empty.v1+json'),
			layers: [statement(seed, about)],
			fields: {
				artifactType: 'application/vnd.docker.attestation.manifest.v1+json',
				subject: {mediaType: about.mediaType, digest: about.digest, size: about.bytes.length},
			},
		}),
		about,
	);
}

/** amd64 with two layers, its attestation, arm64 with one: what most people push. */
export function twoPlatforms(seed: string): ImagePart {
	const amd64 = plainImage(`${seed} amd64`, 2);
	return index([on('linux/amd64', amd64), attestation(seed, amd64), on('linux/arm64', plainImage(`${seed} arm64`))]);
}

/** All parts of an image, each once, and each after the parts it needs. */
export function everything(top: ImagePart): ImagePart[] {
	const all = new Map<Digest, ImagePart>();
	const collect = (part: ImagePart) => {
		part.needs.forEach(collect);
		all.set(part.digest, part);
	};
	collect(top);
	return [...all.values()];
}

function statement(seed: string, about: ImagePart): ImagePart {
	return blob(JSON.stringify({seed, subject: [{digest: about.digest}]}), 'application/vnd.in-toto+json', {
		annotations: {'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v0.2'},
	});
}

function attesting(part: ImagePart, {digest}: ImagePart): ImagePart {
	const annotations = {
		'vnd.docker.reference.digest': digest,
		'vnd.docker.reference.type': 'attestation-manifest',
	};
	return on('unknown/unknown', {...part, descriptor: {...part.descriptor, annotations}});
}

function manifest(fields: Extra, needs: ImagePart[], named: Extra = {}): ImagePart {
	const bytes = Buffer.from(JSON.stringify({schemaVersion: 2, ...fields}));
	const mediaType = String(fields.mediaType ?? ('manifests' in fields ? mediaTypes.ociIndex : mediaTypes.ociManifest));
	return partOf({role: 'manifest', bytes, mediaType, needs}, digestIn(bytes, 'sha256'), named);
}

function partOf(part: Omit<ImagePart, 'digest' | 'descriptor'>, digest: Digest, extra: Extra): ImagePart {
	const {mediaType, bytes} = part;
	return {...part, digest, descriptor: {mediaType, digest, size: bytes.length, ...extra}};
}

function digestIn(bytes: Buffer, algorithm: 'sha256' | 'sha512'): Digest {
	return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` as Digest;
}
