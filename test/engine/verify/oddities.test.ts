import {createHash} from 'node:crypto';
import {expect, test} from 'vitest';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {mediaTypes} from '../../../src/domain/image/media-type.ts';
import {parseReference} from '../../../src/domain/image/reference.ts';
import type {Depth} from '../../../src/domain/image/verdict.ts';
import {type Blob, blobOf, type ManifestBlob} from '../../../src/drills/images/image.ts';
import {walkImage} from '../../../src/engine/verify/walk-image.ts';
import {descriptor, document, found, host, latest, shelf} from './shelf.ts';

const {signal} = new AbortController();
const urls = ['https://acme.example/layer'];
const gone = {digest: blobOf('not here').digest, size: 8};
const empty = {mediaType: 'application/vnd.oci.empty.v1+json', digest: blobOf('{}').digest, size: 2, data: 'e30='};
const layerType = 'application/vnd.oci.image.layer.v1.tar';
const of = ({digest, bytes}: Blob, mediaType: string = layerType) => ({mediaType, digest, size: bytes.length});
const configOf = (layers: number) =>
	JSON.stringify({rootfs: {type: 'layers', diff_ids: Array.from({length: layers}, () => `sha256:${'0'.repeat(64)}`)}});
const configType = 'application/vnd.oci.image.config.v1+json';
const config = of(blobOf(configOf(1)), configType);
const layer = of(blobOf('layer'));
const image = (
	{layers = [layer], ...content}: {layers?: object[]} & Record<string, unknown>,
	mediaType: string = mediaTypes.ociManifest,
) => document({config: of(blobOf(configOf(layers.length)), configType), layers, ...content}, mediaType);
const sha512 = (bytes: Buffer) => `sha512:${createHash('sha512').update(bytes).digest('hex')}` as Digest;
const child512 = image({name: 'by sha512'});
const untyped = (content: object): ManifestBlob => ({
	...blobOf(JSON.stringify({schemaVersion: 2, ...content})),
	mediaType: 'application/json',
});

/** What is served: the tag's manifest, those below it, and blobs. */
type Oddity = [title: string, top: ManifestBlob, below?: ManifestBlob[], blobs?: string[]];

const plain = image({});
const oddities: Oddity[] = [
	['a missing subject', image({subject: {...gone, mediaType: mediaTypes.ociManifest}})],
	[
		'an attestation with artifactType, an empty inline config and a subject',
		document(
			{
				manifests: [
					descriptor(
						image({artifactType: 'application/vnd.docker.attestation.manifest.v1+json', config: empty, subject: gone}),
						{annotations: {'vnd.docker.reference.type': 'attestation-manifest'}},
					),
				],
			},
			mediaTypes.ociIndex,
		),
		[image({artifactType: 'application/vnd.docker.attestation.manifest.v1+json', config: empty, subject: gone})],
		['{}', 'layer'],
	],
	[
		'an empty index beside an image',
		document(
			{manifests: [descriptor(plain), descriptor(document({manifests: []}, mediaTypes.ociIndex))]},
			mediaTypes.ociIndex,
		),
		[plain, document({manifests: []}, mediaTypes.ociIndex)],
	],
	[
		'a foreign layer of Docker',
		image(
			{layers: [layer, {...gone, mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', urls}]},
			mediaTypes.dockerManifest,
		),
	],
	[
		'a non-distributable layer',
		image({
			layers: [layer, {...gone, mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd', urls}],
		}),
	],
	['an image without any mediaType', untyped({config, layers: [layer]})],
	['an index without any mediaType', untyped({manifests: [descriptor(plain)]}), [plain]],
	['a Docker list', document({manifests: [descriptor(plain)]}, mediaTypes.dockerList), [plain]],
	['a schema 2 image', image({}, mediaTypes.dockerManifest)],
	['zstd and uncompressed layers', image({layers: [layer, {...layer, mediaType: `${layerType}+zstd`}]})],
	['an image without layers', image({layers: []})],
	['a part of no bytes in an artifact', image({layers: [of(blobOf(''), 'text/plain')]}), [], [configOf(1), '']],
	['the same layer twice', image({layers: [layer, layer]})],
	['a config that is also a layer', image({layers: [{...config, mediaType: layerType}]})],
	['an artifact manifest', document({blobs: [layer]}, mediaTypes.ociArtifact)],
	[
		'an artifact manifest of nothing but annotations',
		document({annotations: {a: 'b'}, blobs: []}, mediaTypes.ociArtifact),
	],
	[
		'an artifact with an empty config and layer',
		image({artifactType: 'application/vnd.acme', config: empty, layers: [empty]}),
		[],
		['{}'],
	],
	[
		'an index that only says what it is about',
		document({artifactType: 'application/vnd.acme', subject: gone, manifests: []}),
	],
	[
		'a child and a layer by sha512',
		document({manifests: [{...descriptor(child512), digest: sha512(child512.bytes)}]}),
		[{...child512, digest: sha512(child512.bytes)}],
	],
	[
		'a BuildKit cache export',
		document({manifests: [layer, {...config, mediaType: 'application/vnd.buildkit.cacheconfig.v0'}]}),
	],
	[
		'a BuildKit cache export as an image',
		image({config: {...config, mediaType: 'application/vnd.buildkit.cacheconfig.v0'}}),
	],
	[
		'one child under two platforms',
		document({manifests: [descriptor(plain, {platform: {os: 'linux', architecture: 'arm'}}), descriptor(plain)]}),
		[plain],
	],
	[
		'indexes in indexes',
		document({manifests: [descriptor(document({manifests: [descriptor(plain)]}))]}),
		[document({manifests: [descriptor(plain)]}), plain],
	],
];

test.each(
	oddities.flatMap(oddity => (['head', 'edge', 'content'] as const).map(depth => [oddity[0], depth, oddity] as const)),
)(
	'%s is healthy at depth %s',
	async (_, depth: Depth, [, top, below = [], blobs = [configOf(0), configOf(1), configOf(2), 'layer']]) => {
		const registry = shelf({index: top, manifests: below, blobs: blobs.map(blobOf)});
		const check = await walkImage(registry, latest, {depth, signal});

		expect(check).toMatchObject({verdict: 'intact', faults: [], unchecked: []});
	},
);

test('an empty list of referrers is intact under its tag, and any other empty index is unknown', async () => {
	const nothing = document({manifests: []});
	const registry = shelf({index: nothing, manifests: [], blobs: []});
	const name = `sha256-${'a'.repeat(64)}`;
	registry.manifests.set(name, found(nothing));
	const reference = parseReference(`${host}/acme/app:${name}`);

	expect(await walkImage(registry, reference, {depth: 'edge', signal})).toMatchObject({verdict: 'intact'});
	expect(await walkImage(registry, latest, {depth: 'edge', signal})).toMatchObject({verdict: 'unknown'});
});

test('a missing blob is a fault although its descriptor carries the content: most engines request the blob', async () => {
	const registry = shelf({index: image({config: empty}), manifests: [], blobs: [blobOf('layer')]});

	expect((await walkImage(registry, latest, {depth: 'edge', signal})).faults).toMatchObject([
		{kind: 'config-missing', digest: empty.digest},
	]);
});

test('a digest with an unsupported algorithm is unknown, and a malformed one is a fault', async () => {
	const unknown = image({layers: [{...layer, digest: `blake3:${'a'.repeat(64)}`}]});
	const wrong = image({layers: [{...layer, digest: 'sha256:abc'}]});

	const walk = (top: ManifestBlob) =>
		walkImage(shelf({index: top, manifests: [], blobs: [blobOf('config')]}), latest, {depth: 'edge', signal});

	expect(await walk(unknown)).toMatchObject({
		verdict: 'unknown',
		unchecked: [{code: 'manifest.unsupported-digest'}],
	});
	expect(await walk(wrong)).toMatchObject({verdict: 'broken', faults: [{kind: 'manifest-unreadable'}]});
});
