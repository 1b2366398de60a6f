import {createHash} from 'node:crypto';
import {readdir, readFile, rm, truncate, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

describeReal('a look at a pull-through cache', ['docker-registry'], () => {
	const image = buildImage({seed: 'upstream', platforms: ['linux/amd64', 'linux/arm64'], attestations: false});
	const [amd, arm] = image.manifests;
	const bodyOf = (child: typeof amd) =>
		JSON.parse(child!.bytes.toString()) as {config: {digest: string}; layers: {digest: string}[]};
	let login: Login;
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let upstream: RealRegistry;
	let cache: RealRegistry;
	let root: string;

	const get = (what: string) =>
		fetch(`http://${cache.host}/v2/acme/app/${what}`, {
			headers: {Accept: [image.index.mediaType, amd!.mediaType].join(', ')},
		}).then(response => response.arrayBuffer());
	const run = async (...args: string[]) => {
		const {exitCode, stdout, stderr} = await login.run(args);
		return {exitCode, said: `${stdout}${stderr}`.replace(/\s+/g, ' ')};
	};
	const configure = (more: object) =>
		writeFile(
			path.join(login.folder, 'work/regmedic.yaml'),
			JSON.stringify({registries: {mirror: {url: `http://${cache.host}`, role: 'cache', ...more}}}),
		);

	/** Every file of the cache with its bytes, but for the state of its own scheduler. */
	async function stored(): Promise<Record<string, string>> {
		const entries = await readdir(root, {recursive: true, withFileTypes: true});
		const files = entries.filter(entry => entry.isFile()).map(entry => path.join(entry.parentPath, entry.name));
		const hashed = files.map(async file => [
			path.relative(root, file),
			// An upload that ended meanwhile has moved: the next look tells what came of it.
			await readFile(file).then(
				bytes => createHash('sha256').update(bytes).digest('hex'),
				() => 'gone meanwhile',
			),
		]);
		return Object.fromEntries((await Promise.all(hashed)).filter(([name]) => name !== 'scheduler-state.json'));
	}

	/** A cache stores what it fetches after its answer: until nothing new comes. */
	async function settled(): Promise<Record<string, string>> {
		for (let before = JSON.stringify(await stored()); ; ) {
			await new Promise(resolve => setTimeout(resolve, 150));
			const now = await stored();
			if (JSON.stringify(now) === before) {
				return now;
			}

			before = JSON.stringify(now);
		}
	}

	beforeAll(async () => {
		temporary = await temporaryFolder();
		login = await openLogin();
		const store = openStore(path.join(temporary.folder, 'upstream'));
		await store.push('acme/app', 'v1', image);
		await store.push('acme/other', 'v1', buildImage({seed: 'other'}));
		upstream = await startDockerRegistry({root: store.root, folder: temporary.folder});
		root = path.join(temporary.folder, 'cache');
		cache = await startDockerRegistry({
			root,
			folder: temporary.folder,
			variables: {REGISTRY_PROXY_REMOTEURL: `http://${upstream.host}`},
		});
		// One client has pulled amd64.
		await get('manifests/v1');
		await get(`manifests/${amd!.digest}`);
		for (const {digest} of [bodyOf(amd).config, ...bodyOf(amd).layers]) {
			await get(`blobs/${digest}`);
		}

		await settled();
	});

	afterAll(async () => {
		await cache?.stop();
		await upstream?.stop();
		await login[Symbol.asyncDispose]();
		await temporary[Symbol.asyncDispose]();
	});

	it('without its storage is refused by verify, probe and respond, and says why', async () => {
		await configure({});
		const before = await settled();

		for (const look of [
			['verify', `${cache.host}/acme/app:v1`],
			['probe', 'mirror'],
			['respond', 'orphan-index', '--image', `${cache.host}/acme/app:v1`],
		]) {
			expect(await run(...look), look[0]).toMatchObject({
				exitCode: 2,
				said: expect.stringMatching(/is a pull-through cache: every look .* --fill-cache/),
			});
		}

		expect(await settled()).toEqual(before);
	});

	it('that is not configured as one is told so by check and scan, from its own configuration', async () => {
		await configure({role: 'authoritative', storage: {root}});
		const before = await settled();

		const checked = await run('check');
		expect(checked.said).toMatch(/role mirror.*its registry is a pull-through cache, by .*not configured as one/);
		expect(checked.said).toContain('Add `role: cache` to the registry');
		expect(checked.exitCode).not.toBe(0);
		const scanned = await run('scan', '--registry', 'mirror');
		expect(scanned.said).toMatch(/is a pull-through cache, by .*Add `role: cache`/);
		expect(JSON.parse((await login.run(['scan', '--registry', 'mirror', '--json'])).stdout)).toMatchObject({
			complete: false,
		});

		expect(await settled()).toEqual(before);
		await configure({storage: {root}});
		expect((await run('check')).said).not.toContain('role mirror');
	});

	it('leaves its store byte for byte as it was, and finds what is damaged in it', async () => {
		await configure({storage: {root}});
		const before = await settled();

		const verified = await run('verify', `${cache.host}/acme/app:v1`, '--depth', 'content');
		const probed = await run('probe', 'mirror');
		const scanned = await run('scan', '--registry', 'mirror', '--compare');

		expect([verified.exitCode, probed.exitCode, scanned.exitCode], verified.said + probed.said).toEqual([0, 0, 0]);
		expect(verified.said).toContain('not in the cache');
		expect(probed.said).toMatch(/1 repository, 1 tag/);
		expect(await settled()).toEqual(before);

		const layer = bodyOf(amd).layers[0]!.digest.slice('sha256:'.length);
		await truncate(path.join(root, 'docker/registry/v2/blobs/sha256', layer.slice(0, 2), layer, 'data'), 0);
		const damaged = await stored();

		expect(await run('verify', `${cache.host}/acme/app:v1`)).toMatchObject({exitCode: 3});
		expect(await run('probe', 'mirror')).toMatchObject({exitCode: 3});
		expect(await settled()).toEqual(damaged);
	});

	it('fills it where a person accepts that', async () => {
		await configure({});
		const before = Object.keys(await settled()).length;

		await run('probe', 'mirror', '--fill-cache');

		expect(Object.keys(await settled()).length).toBeGreaterThan(before);
		expect(arm).toBeDefined();
		await rm(root, {recursive: true, force: true});
	});
});
