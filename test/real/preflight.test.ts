import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {chmod, mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import type {Preflight} from '../../src/domain/audit/preflight.ts';
import type {Digest} from '../../src/domain/image/digest.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {describeReal, locate, temporaryFolder} from '../support/real.ts';

type Audit = {risks: {kind: string; severity: string; file: string}[]; preflight: Preflight[]};

describeReal('a preflight whose dry collection fails', ['docker-registry'], () => {
	let login: Login;
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	const registry = () => locate('docker-registry')!;

	beforeAll(async () => {
		temporary = await temporaryFolder();
		login = await openLogin();
		const crontab = path.join(temporary.folder, 'bin/crontab');
		await mkdir(path.dirname(crontab));
		await writeFile(crontab, "#!/bin/sh\necho '25 3 * * 0 registry garbage-collect -m /c.yml'\n");
		await chmod(crontab, 0o755);
	});

	afterAll(async () => {
		await login[Symbol.asyncDispose]();
		await temporary[Symbol.asyncDispose]();
	});

	/** Two indexes with a child each, and a registry's configuration for their store. */
	async function filled(name: string): Promise<{store: Store; config: string}> {
		const store = openStore(path.join(temporary.folder, name));
		const single = {platforms: ['linux/amd64'], attestations: false};
		await store.push('acme/app', 'v1', buildImage({seed: 'acme', ...single}));
		await store.push('zeta/app', 'v1', buildImage({seed: 'zeta', ...single}));
		const config = path.join(temporary.folder, `${name}.yml`);
		await writeFile(config, `version: 0.1\nstorage:\n  filesystem: {rootdirectory: ${store.root}}\n`);
		return {store, config};
	}

	async function run(store: Store, config: string) {
		const collect = `${registry()} garbage-collect --dry-run -m ${config}`;
		const file = path.join(login.folder, 'work/regmedic.yaml');
		const url = 'http://127.0.0.1:1';
		await writeFile(file, JSON.stringify({registries: {private: {url, storage: {root: store.root, collect}}}}));
		const environment = {PATH: `${temporary.folder}/bin:${process.env.PATH}`};
		const {exitCode, stdout, stderr} = await login.run(['audit', 'private', '--preflight', '--json'], {environment});
		expect(exitCode, stderr).toBe(3);
		const {risks, preflight} = JSON.parse(stdout) as Audit;
		expect(risks).toContainEqual(expect.objectContaining({kind: 'removes-children', file: 'crontab -l'}));
		return preflight;
	}

	const linksOf = (store: Store) =>
		spawnSync('find', [path.join(store.base, 'repositories'), '-path', '*revisions*', '-name', 'link'], {
			encoding: 'utf8',
		})
			.stdout.trim()
			.split('\n').length;
	const collect = (config: string) =>
		spawnSync(registry(), ['garbage-collect', '-m', config], {encoding: 'utf8'}).status;

	it('at a stray file says where, in the registry’s words, beside what the audit found; a real run stops there too and removes nothing', async () => {
		const {store, config} = await filled('stray');
		const stray = path.join(store.tagFolder('acme/app', '.nfs0001'));
		await writeFile(stray, 'x');

		const [withUntagged, tagged] = await run(store, config);

		expect(withUntagged).toMatchObject({complete: false, breaks: [], failure: {stage: 'mark'}});
		expect(withUntagged?.failure?.message).toContain(`${stray}/current/link: not a directory`);
		// Without -m the tags are not read.
		expect(tagged).toMatchObject({complete: true, breaks: []});
		expect(collect(config)).toBe(1);
		expect(linksOf(store)).toBe(4);
	});

	it('names the broken tag whose past image, which it could be set back to, is removed, beside the index that breaks', async () => {
		const {store, config} = await filled('past');
		const link = path.join(store.tagFolder('acme/app', 'v1'), 'current/link');
		const past = (await readFile(link, 'utf8')) as Digest;
		await rm(link);

		const [withUntagged, tagged] = await run(store, config);

		expect(withUntagged).toMatchObject({complete: true, worsens: [{image: 'acme/app:v1', digest: past, past: true}]});
		expect(withUntagged?.breaks.map(({image}) => image)).toEqual(['zeta/app:v1']);
		expect(tagged).toMatchObject({breaks: [], worsens: []});
		expect(existsSync(store.blobFile(past))).toBe(true);
		expect(collect(config)).toBe(0);
		expect(existsSync(store.blobFile(past))).toBe(false);
	});

	it('for want of its configuration says that, and nothing of the program’s usage', async () => {
		const {store} = await filled('unconfigured');

		const [failed] = await run(store, '/nowhere.yml');

		expect(failed).toMatchObject({
			complete: false,
			removes: {manifests: 0, blobs: 0},
			failure: {
				stage: 'start',
				message: expect.stringMatching(/exit 1: configuration error: open \/nowhere\.yml: no such file or directory$/),
			},
		});
	});

	it('after the links of manifests names the images that a real run breaks before it stops there', async () => {
		const {store, config} = await filled('half');
		await mkdir(path.join(store.base, 'blobs/sha256/ab/stray'), {recursive: true});
		await writeFile(path.join(store.base, 'blobs/sha256/ab/stray/data'), 'x');

		const [failed] = await run(store, config);

		expect(failed?.failure?.stage).toBe('sweep');
		expect(failed?.breaks.map(({image}) => image)).toEqual(['acme/app:v1', 'zeta/app:v1']);
		expect(linksOf(store)).toBe(4);
		expect(collect(config)).toBe(1);
		expect(linksOf(store)).toBe(2);
	});
});
