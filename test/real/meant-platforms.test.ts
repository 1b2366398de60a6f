import {rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import type {Digest} from '../../src/domain/image/digest.ts';
import {blobData, revisionLink} from '../../src/domain/storage/listing/paths.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

describeReal('a registry that holds one platform of each image on purpose', ['docker-registry'], () => {
	const image = buildImage({seed: 'sparse', platforms: ['linux/amd64', 'linux/arm64']});
	const [amd] = image.manifests;
	let login: Login;
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let store: Store;
	let registry: RealRegistry;

	const lose = async (digest: Digest) => {
		await rm(path.join(store.base, blobData(digest)));
		await rm(path.join(store.base, revisionLink('acme/app', digest)), {force: true});
	};
	const configure = (platforms: object) =>
		writeFile(
			path.join(login.folder, 'work/regmedic.yaml'),
			JSON.stringify({
				registries: {mirror: {url: `http://${registry.host}`, storage: {root: store.root}, ...platforms}},
			}),
		);
	const run = async (...args: string[]) => {
		const {exitCode, stdout, stderr} = await login.run(args);
		return {exitCode, said: `${stdout}${stderr}`.replace(/\s+/g, ' ')};
	};
	const looks = () => [
		['verify', `${registry.host}/acme/app:v1`],
		['probe', 'mirror'],
		['scan', '--registry', 'mirror', '--compare'],
	];

	beforeAll(async () => {
		temporary = await temporaryFolder();
		login = await openLogin();
		store = openStore(path.join(temporary.folder, 'store'));
		await store.push('acme/app', 'v1', image);
		for (const {digest, platform} of image.manifests) {
			if (platform !== 'linux/amd64') {
				await lose(digest);
			}
		}

		registry = await startDockerRegistry({root: store.root, folder: temporary.folder});
	});

	afterAll(async () => {
		await registry?.stop();
		await login[Symbol.asyncDispose]();
		await temporary[Symbol.asyncDispose]();
	});

	it('is broken for verify, probe and scan, as long as nobody has said so', async () => {
		await configure({});

		for (const look of looks()) {
			expect(await run(...look), look[0]).toMatchObject({exitCode: 3});
		}
	});

	it('is intact for all three with `platforms`, and each counts what is absent', async () => {
		await configure({platforms: ['linux/amd64']});

		const [verified, probed, scanned] = await Promise.all(looks().map(look => run(...look)));

		expect(verified).toMatchObject({
			exitCode: 0,
			said: expect.stringContaining('Not here, as configured: linux/arm64'),
		});
		expect(probed).toMatchObject({exitCode: 0, said: expect.stringMatching(/1 image without platforms .* not meant/)});
		expect(scanned).toMatchObject({exitCode: 0, said: expect.stringMatching(/\d parts absent, as configured/)});
	});

	it('is broken for all three without a layer of that platform', async () => {
		await lose((JSON.parse(amd!.bytes.toString()) as {layers: {digest: Digest}[]}).layers[0]!.digest);

		for (const look of looks()) {
			expect(await run(...look), look[0]).toMatchObject({exitCode: 3});
		}
	});
});
