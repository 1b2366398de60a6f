import {createHash} from 'node:crypto';
import {gzipSync} from 'node:zlib';
import {defined} from '../../domain/defined.ts';
import type {Digest} from '../../domain/image/digest.ts';
import {mediaTypes} from '../../domain/image/media-type.ts';

export type Blob = {digest: Digest; bytes: Buffer};
export type ManifestBlob = Blob & {mediaType: string; platform?: string};

/** An image in memory: what a push would send. `manifests` are the index's children, in order. */
export type BuiltImage = {index: ManifestBlob; manifests: ManifestBlob[]; blobs: Blob[]};

type ImagePlan = {
	/** The whole image follows from it: the same seed gives the same digests. */
	seed: string;
	platforms?: string[];
	/** Whether each platform has a provenance manifest, as BuildKit adds one. */
	attestations?: boolean;
	layers?: number;
	/** The time of the build that the configs say, ISO 8601; by default they say none. */
	created?: string;
};

export function digestOf(bytes: Uint8Array): Digest {
	return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}

export function blobOf(content: string | Buffer): Blob {
	const bytes = Buffer.from(content);
	return {digest: digestOf(bytes), bytes};
}

/** Builds what `docker buildx build --platform … --provenance` would push: an index over platforms and attestations. */
export function buildImage({
	seed,
	platforms = ['linux/amd64', 'linux/arm64'],
	attestations = true,
	layers = 2,
	created,
}: ImagePlan): BuiltImage {
	const blobs: Blob[] = [];
	const manifests: ManifestBlob[] = [];
	const children: object[] = [];

	for (const platform of platforms) {
		const [os = 'linux', architecture = 'amd64', variant] = platform.split('/');
		const diffs = Array.from({length: layers}, (_, n) =>
			tarOf(`layer-${n}.txt`, `${seed} ${platform} layer ${n}\n`.repeat(40)),
		);
		const packed = diffs.map(diff => blobOf(gzipSync(diff)));
		const config = blobOf(
			JSON.stringify({
				os,
				architecture,
				...defined({variant, created}),
				config: {Labels: {seed}},
				rootfs: {type: 'layers', diff_ids: diffs.map(digestOf)},
			}),
		);
		const manifest = manifestOf(
			config,
			packed.map(layer => ({...layer, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip'})),
			platform,
		);
		blobs.push(config, ...packed);
		manifests.push(manifest);
		children.push({
			...descriptorOf(manifest),
			platform: {os, architecture, ...defined({variant})},
		});

		if (attestations) {
			const statement = blobOf(
				JSON.stringify({_type: 'https://in-toto.io/Statement/v0.1', subject: [{digest: manifest.digest}], seed}),
			);
			const empty = blobOf(
				JSON.stringify({
					architecture: 'unknown',
					os: 'unknown',
					config: {},
					rootfs: {type: 'layers', diff_ids: [statement.digest]},
				}),
			);
			const attestation = manifestOf(empty, [{...statement, mediaType: 'application/vnd.in-toto+json'}], 'attestation');
			blobs.push(empty, statement);
			manifests.push(attestation);
			children.push({
				...descriptorOf(attestation),
				annotations: {
					'vnd.docker.reference.digest': manifest.digest,
					'vnd.docker.reference.type': 'attestation-manifest',
				},
				platform: {architecture: 'unknown', os: 'unknown'},
			});
		}
	}

	const index = blobOf(JSON.stringify({schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: children}));
	return {index: {...index, mediaType: mediaTypes.ociIndex}, manifests, blobs};
}

/** What `docker build` makes: one platform, and no index. */
export function buildOnePlatform(seed: string, platform: string): BuiltImage {
	const {manifests, blobs} = buildImage({seed, platforms: [platform], attestations: false});
	return {index: manifests[0]!, manifests: [], blobs};
}

function manifestOf(config: Blob, layers: (Blob & {mediaType: string})[], platform: string): ManifestBlob {
	const blob = blobOf(
		JSON.stringify({
			schemaVersion: 2,
			mediaType: mediaTypes.ociManifest,
			config: {mediaType: 'application/vnd.oci.image.config.v1+json', digest: config.digest, size: config.bytes.length},
			layers: layers.map(descriptorOf),
		}),
	);
	return {...blob, mediaType: mediaTypes.ociManifest, platform};
}

function descriptorOf({mediaType, digest, bytes}: Blob & {mediaType: string}) {
	return {mediaType, digest, size: bytes.length};
}

/** A tar archive with one file; skopeo can unpack it. */
function tarOf(name: string, text: string): Buffer {
	const content = Buffer.from(text);
	const header = Buffer.alloc(512);
	header.write(name, 0);
	header.write('0000644\0', 100);
	header.write('0000000\0', 108);
	header.write('0000000\0', 116);
	header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
	header.write('00000000000\0', 136);
	header.write('        ', 148);
	header.write('0', 156);
	header.write('ustar\x0000', 257);
	const sum = header.reduce((total, byte) => total + byte, 0);
	header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
	const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
	return Buffer.concat([header, content, padding, Buffer.alloc(1024)]);
}
