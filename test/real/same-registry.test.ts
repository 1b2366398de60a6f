import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

describeReal('a registry and a disk that are named together', ['docker-registry'], () => {
	let login: Login;
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	const stores: Record<'one' | 'other' | 'copy' | 'empty', Store> = {} as never;
	const registries: RealRegistry[] = [];

	beforeAll(async () => {
		temporary = await temporaryFolder();
		login = await openLogin();
		for (const name of ['one', 'other', 'copy', 'empty'] as const) {
			stores[name] = openStore(path.join(temporary.folder, name));
		}

		const image = (seed: string) => buildImage({seed, platforms: ['linux/amd64'], attestations: false});
		await stores.one.push('acme/app', 'v1', image('one'));
		await stores.one.push('team/two', 'latest', image('two'));
		await stores.copy.push('acme/app', 'v1', image('one'));
		await stores.copy.push('team/two', 'latest', image('two of yesterday'));
		await stores.other.push('acme/app', 'v1', image('another'));
		await stores.other.push('shop/web', 'v1', image('web'));
		await mkdir(path.join(stores.empty.base, 'repositories'), {recursive: true});
		for (const store of [stores.one, stores.other, stores.empty]) {
			registries.push(await startDockerRegistry({root: store.root, folder: temporary.folder}));
		}
	});

	afterAll(async () => {
		await Promise.all(registries.map(registry => registry.stop()));
		await login[Symbol.asyncDispose]();
		await temporary[Symbol.asyncDispose]();
	});

	async function audit(registry: RealRegistry, store: Store) {
		const file = path.join(login.folder, 'work/regmedic.yaml');
		const storage = {root: store.root};
		await writeFile(file, JSON.stringify({registries: {private: {url: `http://${registry.host}`, storage}}}));
		const {exitCode, stdout, stderr} = await login.run(['audit', 'private', '--json']);
		const {risks} = JSON.parse(stdout) as {risks: {kind: string; severity: string; line: string}[]};
		return {exitCode, stderr, found: risks.filter(({kind}) => /^(?:another-registry|empty-catalogue)$/.test(kind))};
	}

	it('are one where the registry serves the disk', async () => {
		expect((await audit(registries[0]!, stores.one)).found).toEqual([]);
	});

	it('are two where a proxy leads to the other registry: the audit says so, with names and digests of both, and exits 3', async () => {
		const {exitCode, stderr, found} = await audit(registries[1]!, stores.one);

		expect(exitCode, stderr).toBe(3);
		expect(found).toMatchObject([
			{
				severity: 'will-break',
				line: expect.stringMatching(/acme\/app:v1 is sha256:\w{12} on the disk; the registry serves sha256:/),
			},
		]);
		expect(found[0]!.line).toContain('the registry lists shop/web, which the disk does not hold');
	});

	it('are two where the registry that answers lists nothing and the disk holds images', async () => {
		const {exitCode, found} = await audit(registries[2]!, stores.one);

		expect(exitCode).toBe(3);
		expect(found).toMatchObject([{kind: 'empty-catalogue', severity: 'will-break'}]);
	});

	it('agree in part where the folder is an old copy of the store, and the audit says so', async () => {
		expect((await audit(registries[0]!, stores.copy)).found).toMatchObject([
			{severity: 'may-break', line: expect.stringContaining('team/two:latest')},
		]);
	});
});
