import {createHash} from 'node:crypto';
import type {Digest} from '../../src/domain/image/digest.ts';
import {mediaTypes} from '../../src/domain/image/media-type.ts';
import {blobOf, buildImage} from '../../src/drills/images/image.ts';
import {type Blob, rootOf, type StoredImage} from './store-tree.ts';

const json = (value: object) => blobOf(JSON.stringify(value));
const descriptor = ({digest, bytes}: Blob, more: object = {}) => ({digest, size: bytes.length, ...more});
const nowhere = `sha256:${'f'.repeat(64)}`;

function sha512(content: string): Blob {
	const bytes = Buffer.from(content);
	return {digest: `sha512:${createHash('sha512').update(bytes).digest('hex')}` as Digest, bytes};
}

/** An image of one platform. @param base the seed of a layer that several images share */
function single(
	seed: string,
	{base = 'base', mediaType = mediaTypes.ociManifest as string | undefined} = {},
): StoredImage {
	const config = json({os: 'linux', architecture: 'amd64', seed});
	const layers = [blobOf(`shared layer ${base}`), blobOf(`layer of ${seed}`)];
	const manifest = json({
		schemaVersion: 2,
		mediaType,
		config: descriptor(config),
		layers: layers.map(layer => descriptor(layer)),
	});
	return {manifests: [manifest], blobs: [config, ...layers]};
}

function typeOf({bytes}: Blob): string {
	return JSON.parse(bytes.toString()).mediaType ?? mediaTypes.ociManifest;
}

/** Puts an index around images. */
export function indexOver(
	images: StoredImage[],
	{mediaType = mediaTypes.ociIndex as string | undefined} = {},
): StoredImage {
	const index = json({
		schemaVersion: 2,
		mediaType,
		manifests: images.map(image => descriptor(rootOf(image), {mediaType: typeOf(rootOf(image))})),
	});
	return {manifests: [...images.flatMap(({manifests}) => manifests), index], blobs: images.flatMap(({blobs}) => blobs)};
}

export function buildx(seed: string): StoredImage {
	const {index, manifests, blobs} = buildImage({seed});
	return {manifests: [...manifests, index], blobs};
}

/** Images that are intact, and that a careless checker calls broken. */
export const oddImages: Record<string, (seed: string) => StoredImage> = {
	single,
	buildx,
	'an index in an index': seed => indexOver([buildx(seed), indexOver([single(`${seed} inner`)])]),
	'a Docker list': seed =>
		indexOver([single(seed, {mediaType: mediaTypes.dockerManifest})], {mediaType: mediaTypes.dockerList}),
	'nothing that says what it is': seed => indexOver([single(seed, {mediaType: undefined})], {mediaType: undefined}),
	'a foreign layer': seed => {
		const config = json({seed});
		const layers = [
			{
				mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
				digest: nowhere,
				size: 9,
				urls: ['https://elsewhere.example/x'],
			},
		];
		return {
			manifests: [
				json({schemaVersion: 2, config: descriptor(config, {mediaType: 'application/vnd.acme.config'}), layers}),
			],
			blobs: [config],
		};
	},
	'an empty layer, twice': seed => {
		const [config, empty] = [json({seed}), blobOf('')];
		const layers = [descriptor(empty), descriptor(empty)];
		return {manifests: [json({schemaVersion: 2, config: descriptor(config), layers})], blobs: [config, empty]};
	},
	'an attestation of something that is gone': seed => {
		const config = blobOf('{}');
		const statement = json({seed});
		const manifest = {
			schemaVersion: 2,
			artifactType: 'application/vnd.in-toto+json',
			config: descriptor(config),
			layers: [descriptor(statement)],
			subject: {digest: nowhere, size: 9, mediaType: mediaTypes.ociManifest},
		};
		return {manifests: [json(manifest)], blobs: [config, statement]};
	},
	sha512: seed => {
		const [config, layer] = [sha512(`{"seed":"${seed}"}`), sha512(`layer ${seed}`)];
		const text = JSON.stringify({schemaVersion: 2, config: descriptor(config), layers: [descriptor(layer)]});
		return {manifests: [sha512(text)], blobs: [config, layer]};
	},
	'a build cache': seed => {
		const [config, layer] = [json({cache: seed}), blobOf(`cached ${seed}`)];
		const manifests = [
			descriptor(layer, {mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip'}),
			descriptor(config, {mediaType: 'application/vnd.buildkit.cacheconfig.v0'}),
		];
		return {manifests: [json({schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests})], blobs: [config, layer]};
	},
	'schema 1': seed => {
		const layer = blobOf(`old layer ${seed}`);
		const history = [{v1Compatibility: '{}'}];
		return {
			manifests: [json({schemaVersion: 1, name: 'old', tag: seed, fsLayers: [{blobSum: layer.digest}], history})],
			blobs: [layer],
		};
	},
};
