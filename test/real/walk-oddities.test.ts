import {execFile} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdir, mkdtemp} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {createRegistry} from '../../src/adapters/registry/registry.ts';
import type {Digest} from '../../src/domain/image/digest.ts';
import {mediaTypes} from '../../src/domain/image/media-type.ts';
import {parseReference} from '../../src/domain/image/reference.ts';
import type {Depth} from '../../src/domain/image/verdict.ts';
import {type Blob, blobOf, type ManifestBlob} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import type {Registry} from '../../src/engine/ports/registry.ts';
import {createWalker} from '../../src/engine/verify/walk-image.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

const run = promisify(execFile);
const depths: Depth[] = ['head', 'edge', 'content'];
const {signal} = new AbortController();
const ociLayer = 'application/vnd.oci.image.layer.v1.tar';
const foreignLayer = 'application/vnd.oci.image.layer.nondistributable.v1.tar';
const gone = {mediaType: ociLayer, digest: blobOf('not here').digest, size: 8};
const of = ({digest, bytes}: Blob, mediaType: string) => ({mediaType, digest, size: bytes.length});

/** The config of an image with so many layers. */
const configOf = (layers: number) => {
	const diffIds = Array.from({length: layers}, (_, n) => blobOf(`unpacked ${n}`).digest);
	return blobOf(
		JSON.stringify({os: 'linux', architecture: 'amd64', config: {}, rootfs: {type: 'layers', diff_ids: diffIds}}),
	);
};
const configType = 'application/vnd.oci.image.config.v1+json';
const layerBlob = blobOf('a layer');
const config = of(configOf(1), configType);
const layer = of(layerBlob, ociLayer);
const emptyJson = blobOf('{}');
const empty = {...of(emptyJson, 'application/vnd.oci.empty.v1+json'), data: 'e30='};
const nothing = blobOf('');
const bytes512 = Buffer.from('a layer by sha512');
const layer512: Blob = {
	digest: `sha512:${createHash('sha512').update(bytes512).digest('hex')}` as Digest,
	bytes: bytes512,
};
const allBlobs = [configOf(0), configOf(1), configOf(2), layerBlob, emptyJson, nothing, layer512];

function document(content: object, mediaType: string = mediaTypes.ociManifest): ManifestBlob {
	return {...blobOf(JSON.stringify({schemaVersion: 2, mediaType, ...content})), mediaType};
}

const image = ({layers = [layer], ...content}: {layers?: object[]} & Record<string, unknown>, mediaType?: string) =>
	document({config: of(configOf(layers.length), configType), layers, ...content}, mediaType);
const indexOf = (children: ManifestBlob[], more: object = {}, mediaType: string = mediaTypes.ociIndex) =>
	document({manifests: children.map(child => ({...of(child, child.mediaType), ...more})), mediaType}, mediaType);
const plain = image({});
const attestation = image({
	artifactType: 'application/vnd.docker.attestation.manifest.v1+json',
	config: empty,
	subject: {...gone, mediaType: mediaTypes.ociManifest},
});
const inner = indexOf([plain]);

/** The tag names the first; all are in the repository. */
const healthy: Record<string, ManifestBlob[]> = {
	'subject-missing': [image({subject: {...gone, mediaType: mediaTypes.ociManifest}})],
	attestation: [
		indexOf([attestation], {annotations: {'vnd.docker.reference.type': 'attestation-manifest'}}),
		attestation,
	],
	foreign: [image({layers: [layer, {...gone, mediaType: foreignLayer, urls: ['https://acme.example/layer']}]})],
	'foreign-docker': [
		image(
			{
				layers: [
					layer,
					{
						...gone,
						mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
						urls: ['https://acme.example/layer'],
					},
				],
			},
			mediaTypes.dockerManifest,
		),
	],
	'foreign-present': [image({layers: [layer, {...layer, mediaType: foreignLayer}]})],
	'null-in-layer': [image({layers: [{...layer, annotations: {'org.acme.note': null}}]})],
	'null-in-config': [image({config: {...config, annotations: {'org.acme.note': null}}})],
	'null-in-subject': [image({subject: {...gone, mediaType: mediaTypes.ociManifest, annotations: {a: null}}})],
	list: [indexOf([plain], {}, mediaTypes.dockerList), plain],
	schema2: [image({}, mediaTypes.dockerManifest)],
	zstd: [image({layers: [layer, {...layer, mediaType: `${ociLayer}+zstd`}]})],
	'no-layers': [image({layers: []})],
	sha512: [image({layers: [of(layer512, ociLayer)]})],
	artifact: [image({artifactType: 'application/vnd.acme', config: empty, layers: [empty]})],
	'index-without-type': [document({manifests: [of(plain, plain.mediaType)], mediaType: undefined}), plain],
	'image-without-type': [document({config, layers: [layer], mediaType: undefined})],
	nested: [indexOf([inner]), inner, plain],
	'buildkit-cache': [
		document(
			{manifests: [layer, {...config, mediaType: 'application/vnd.buildkit.cacheconfig.v0'}]},
			mediaTypes.ociIndex,
		),
	],
};

describeReal('what looks odd and is healthy, on distribution 2.8', ['docker-registry', 'skopeo'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let store: Store;
	let server: RealRegistry;
	let registry: Registry;

	beforeAll(async () => {
		temporary = await temporaryFolder();
		const root = path.join(temporary.folder, 'root');
		await mkdir(root);
		store = openStore(root);
		for (const [name, [index, ...manifests]] of Object.entries(healthy)) {
			await store.push('acme/odd', name, {index: index!, manifests, blobs: allBlobs});
		}

		server = await startDockerRegistry({root, folder: temporary.folder});
		registry = createRegistry({
			host: server.host,
			url: `http://${server.host}`,
			clock: systemClock,
			credentials: async () => undefined,
		});
	});

	afterAll(async () => {
		await registry?.close();
		await server?.stop();
		await temporary?.[Symbol.asyncDispose]();
	});

	test.each(depths.flatMap(depth => ['cold', 'warm'].map(cache => [depth, cache] as const)))(
		'none of it is condemned at depth %s with a %s descriptor cache',
		async (depth, cache) => {
			if (cache === 'cold') {
				await server.restart();
			}

			const walker = createWalker(registry, {depth, signal});

			const checks = await Promise.all(
				Object.keys(healthy).map(tag => walker.walk(parseReference(`${server.host}/acme/odd:${tag}`))),
			);

			expect(checks.filter(({verdict}) => verdict !== 'intact')).toEqual([]);
		},
	);

	test('an image whose empty config is only inline cannot be pulled by skopeo, and is called broken', async () => {
		const top = image({artifactType: 'application/vnd.acme', config: empty});
		await store.push('acme/inline', 'latest', {index: top, manifests: [], blobs: [layerBlob]});
		const target = await mkdtemp(path.join(temporary.folder, 'pulled-'));
		const from = `${server.host}/acme/inline:latest`;

		const pull = run('skopeo', ['copy', '--src-tls-verify=false', `docker://${from}`, `dir:${target}`]);
		await expect(pull).rejects.toMatchObject({stderr: expect.stringMatching(/blob/)});

		const check = await createWalker(registry, {depth: 'edge', signal}).walk(parseReference(from));
		expect(check).toMatchObject({verdict: 'broken', faults: [{kind: 'config-missing', digest: emptyJson.digest}]});
	});

	test('many tags on one image cost one request each, beside those for the image', async () => {
		const names = Array.from({length: 20}, (_, n) => `v${n}`);
		await store.push('acme/many', 'latest', {index: inner, manifests: [plain], blobs: [configOf(1), layerBlob]});
		await Promise.all(names.map(name => store.writeTag('acme/many', name, inner.digest)));
		const before = registry.requests();
		const walker = createWalker(registry, {depth: 'edge', signal});

		const checks = await Promise.all(
			names.map(name => walker.walk(parseReference(`${server.host}/acme/many:${name}`))),
		);

		expect(checks.every(({verdict}) => verdict === 'intact')).toBe(true);
		expect(registry.requests() - before).toBe(20 + 1 + 2);
		expect(walker.indexes('acme/many')).toBe(1);
	});
});
