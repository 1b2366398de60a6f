import {execFileSync} from 'node:child_process';
import {mkdir, readFile, rename, stat, symlink, truncate, unlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest';
import {createRegistry} from '../../src/adapters/registry/registry.ts';
import {parseReference} from '../../src/domain/image/reference.ts';
import type {ImageCheck} from '../../src/domain/image/verdict.ts';
import {type BuiltImage, blobOf, buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import type {BlobDepth, Registry} from '../../src/engine/ports/registry.ts';
import {walkImage} from '../../src/engine/verify/walk-image.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {describeReal, locate, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

const depths: BlobDepth[] = ['head', 'edge', 'content'];
const {signal} = new AbortController();

describeReal('the registry client against distribution 2.8', ['docker-registry', 'htpasswd'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let store: Store;
	let server: RealRegistry;
	let registry: Registry;
	let repository: string;
	let image: BuiltImage;
	let count = 0;

	beforeAll(async () => {
		temporary = await temporaryFolder();
		const root = path.join(temporary.folder, 'root');
		await mkdir(root);
		store = openStore(root);
		server = await startDockerRegistry({root, folder: temporary.folder});
		registry = open(server);
	});

	afterAll(async () => {
		await registry?.close();
		await server?.stop();
		await temporary?.[Symbol.asyncDispose]();
	});

	// A repository and an image of its own for every test: nothing in the server's cache is from another.
	beforeEach(async () => {
		repository = `acme/app-${++count}`;
		image = buildImage({seed: `client ${count}`});
		await store.push(repository, 'latest', image);
	});

	const open = ({host}: RealRegistry, credentials = async () => undefined as never) =>
		createRegistry({host, url: `http://${host}`, clock: systemClock, credentials});
	const verify = (depth: BlobDepth = 'edge', with_ = registry): Promise<ImageCheck> =>
		walkImage(with_, parseReference(`${with_.host}/${repository}:latest`), {depth, signal});
	const kinds = (check: ImageCheck) => check.faults.map(({kind, digest}) => `${kind} ${digest}`);
	const layer = () => image.blobs[1]!;
	const child = () => image.manifests[0]!;

	test.each(depths)('a healthy image with attestations is intact at depth %s', async depth => {
		const check = await verify(depth);

		expect(check).toMatchObject({verdict: 'intact', checked: {manifests: 5, blobs: 10}, digest: image.index.digest});
		expect(check.children.map(({platform, status, detail}) => [platform, status, detail])).toEqual([
			['linux/amd64', 200, '3 blobs'],
			['attestation', 200, '2 blobs'],
			['linux/arm64', 200, '3 blobs'],
			['attestation', 200, '2 blobs'],
		]);
	});

	test('a child without its link is missing, and its exact bytes put back make the same digest', async () => {
		await store.remove(store.revisionLink(repository, child().digest));

		const broken = await verify();
		expect(broken).toMatchObject({
			verdict: 'broken',
			faults: [
				{
					kind: 'child-missing',
					digest: child().digest,
					via: [image.index.digest],
					platform: 'linux/amd64',
					status: 404,
					detail: 'manifest unknown',
				},
			],
		});

		const bytes = await readFile(store.blobFile(child().digest));
		const stored = await registry.putManifest(
			repository,
			child().digest,
			{bytes, mediaType: child().mediaType},
			{signal},
		);
		expect(stored).toEqual({state: 'stored', digest: child().digest, status: 201});
		expect(await verify('content')).toMatchObject({verdict: 'intact'});
	});

	test('a child whose JSON is gone is missing', async () => {
		await store.remove(store.blobFile(child().digest));

		expect(kinds(await verify())).toEqual([`child-missing ${child().digest}`]);
	});

	test('a manifest that was emptied, cut or altered is unreadable', async () => {
		const [first, second, third] = image.manifests;
		await writeFile(store.blobFile(first!.digest), '');
		await truncate(store.blobFile(second!.digest), 40);
		await writeFile(store.blobFile(third!.digest), `${third!.bytes}\n`);

		const check = await verify();

		expect(check.faults.map(({kind, status}) => [kind, status])).toEqual([
			['manifest-unreadable', 500],
			['manifest-unreadable', 500],
			['manifest-unreadable', 200],
		]);
	});

	test('an index altered on disk is unreadable though the tag answers 200', async () => {
		await writeFile(
			store.blobFile(image.index.digest),
			JSON.stringify({...JSON.parse(image.index.bytes.toString()), annotations: {}}),
		);

		expect(kinds(await verify())).toEqual([`manifest-unreadable ${image.index.digest}`]);
	});

	test('a config and a layer without link or data are missing', async () => {
		await store.remove(store.blobFile(image.blobs[0]!.digest));
		await store.remove(store.layerLink(repository, layer().digest));

		const check = await verify();

		expect(kinds(check)).toEqual([`config-missing ${image.blobs[0]!.digest}`, `layer-missing ${layer().digest}`]);
		expect(check.faults[1]).toMatchObject({
			via: [image.index.digest, child().digest],
			status: 404,
			platform: 'linux/amd64',
		});
		expect(check.children.map(({verdict}) => verdict)).toEqual(['broken', 'intact', 'intact', 'intact']);
	});

	const damages: [string, (file: string) => Promise<void>, cold: string, warm: string][] = [
		['removed', file => store.remove(file), 'layer-missing', 'part-unserved'],
		['emptied', file => truncate(file, 0), 'blob-empty', 'part-unserved'],
		['truncated', file => truncate(file, 60), 'blob-truncated', 'part-unserved'],
	];

	test.each(damages)('layer data that was %s is seen with nothing in the cache', async (_, damage, kind) => {
		await damage(store.blobFile(layer().digest));

		expect(kinds(await verify('edge'))).toEqual([`${kind} ${layer().digest}`]);
	});

	test.each(damages)('layer data that was %s is seen at depth content', async (_, damage, kind) => {
		await damage(store.blobFile(layer().digest));

		expect(kinds(await verify('content'))).toEqual([`${kind} ${layer().digest}`]);
	});

	test.each(damages)(
		'layer data that was %s is seen though the server remembers it whole',
		async (_, damage, __, kind) => {
			await verify('head');
			await damage(store.blobFile(layer().digest));

			expect(await verify('head')).toMatchObject({verdict: 'intact'});
			expect(kinds(await verify('edge'))).toEqual([`${kind} ${layer().digest}`]);
			expect(kinds(await verify('content'))).toEqual([`${kind} ${layer().digest}`]);
		},
	);

	test('corruption of the same size is seen only at depth content', async () => {
		const file = store.blobFile(layer().digest);
		await writeFile(file, Buffer.alloc((await stat(file)).size, 7));

		expect(await verify('edge')).toMatchObject({verdict: 'intact'});
		expect(kinds(await verify('content'))).toEqual([`blob-corrupt ${layer().digest}`]);
	});

	test.each(depths)('a blob that is meant to be empty is healthy at depth %s, cold and warm', async depth => {
		const empty = blobOf('');
		await store.writeBlob(empty);
		await store.writeLink(store.layerLink(repository, empty.digest), empty.digest);
		const ask = () => registry.blob(repository, {digest: empty.digest, size: 0}, depth, {signal});

		expect(await ask()).toMatchObject({state: 'present'});
		expect(await ask()).toMatchObject({state: 'present'});
	});

	test('a tag that is listed and names nothing is dangling; one that is not listed is absent', async () => {
		await store.remove(store.revisionLink(repository, image.index.digest));

		expect(await verify()).toMatchObject({verdict: 'broken', faults: [{kind: 'tag-dangling', status: 404}]});

		await store.remove(store.tagFolder(repository, 'latest'));
		await expect(verify()).rejects.toMatchObject({code: 'image.absent'});
		await expect(
			walkImage(registry, parseReference(`${server.host}/acme/none:latest`), {depth: 'edge', signal}),
		).rejects.toMatchObject({code: 'image.absent', message: expect.stringContaining('acme/none')});
	});

	test('a tag whose link is garbage is unreadable', async () => {
		await writeFile(path.join(store.tagFolder(repository, 'latest'), 'current/link'), 'garbage\n');

		expect(await verify()).toMatchObject({verdict: 'broken', faults: [{kind: 'manifest-unreadable', status: 500}]});
	});

	test('a healthy image is unknown, never broken, while the disk of the registry fails', async () => {
		const folder = path.join(temporary.folder, 'root/docker/registry/v2/blobs');
		await rename(folder, `${folder}.away`);
		await symlink(folder, folder);

		try {
			await expect(verify()).rejects.toMatchObject({code: 'registry.storage', hint: expect.stringContaining('disk')});
		} finally {
			await unlink(folder);
			await rename(`${folder}.away`, folder);
		}

		expect(await verify()).toMatchObject({verdict: 'intact'});
	});

	test('garbage-collect -m leaves the tag and takes the children', async () => {
		const folder = path.join(temporary.folder, 'collected');
		await mkdir(folder);
		const other = openStore(folder);
		await other.push(repository, 'latest', image);
		const second = await startDockerRegistry({root: folder, folder: temporary.folder});
		const client = open(second);

		try {
			execFileSync(locate('docker-registry')!, ['garbage-collect', '-m', second.config], {stdio: 'ignore'});
			const check = await verify('edge', client);

			expect(kinds(check)).toEqual(image.manifests.map(({digest}) => `child-missing ${digest}`));
			expect(check.digest).toBe(image.index.digest);
		} finally {
			await client.close();
			await second.stop();
		}
	});

	test('a put whose parts are gone is rejected in the words of the registry', async () => {
		await store.remove(store.revisionLink(repository, child().digest));
		await store.remove(store.layerLink(repository, layer().digest));

		const answer = await registry.putManifest(repository, child().digest, child(), {signal});

		expect(answer).toEqual({state: 'rejected', status: 400, detail: 'blob unknown to registry'});
	});

	test('a read-only registry rejects a put', async () => {
		const readonly = await startDockerRegistry({root: store.root, folder: temporary.folder, readonly: true});
		const client = open(readonly);

		try {
			expect(await client.putManifest(repository, child().digest, child(), {signal})).toMatchObject({
				state: 'rejected',
				status: 405,
			});
		} finally {
			await client.close();
			await readonly.stop();
		}
	});

	test('a wrong password is refused as such, and the right one reads', async () => {
		const htpasswd = path.join(temporary.folder, 'htpasswd');
		execFileSync(locate('htpasswd')!, ['-Bbc', '-C', '4', htpasswd, 'nora', 'right'], {stdio: 'ignore'});
		const guarded = await startDockerRegistry({root: store.root, folder: temporary.folder, htpasswd});
		const as = (password: string) => open(guarded, async () => ({username: 'nora', password}) as never);
		const [wrong, right, nobody] = [as('wrong'), as('right'), open(guarded)];

		try {
			await expect(verify('edge', wrong)).rejects.toMatchObject({
				code: 'registry.unauthorized',
				exit: 'refused',
				message: expect.stringContaining('nora'),
			});
			await expect(verify('edge', nobody)).rejects.toMatchObject({code: 'registry.unauthorized'});
			await expect(wrong.putManifest(repository, child().digest, child(), {signal})).rejects.toMatchObject({
				code: 'registry.unauthorized',
			});
			expect(await verify('edge', right)).toMatchObject({verdict: 'intact'});
		} finally {
			await Promise.all([wrong.close(), right.close(), nobody.close()]);
			await guarded.stop();
		}
	});

	test('tags are listed, and an unknown repository has none', async () => {
		await store.writeTag(repository, 'v1', image.index.digest);

		expect((await registry.tags(repository, {signal}))?.sort()).toEqual(['latest', 'v1']);
		expect(await registry.tags('acme/none', {signal})).toBeUndefined();
	});
});
