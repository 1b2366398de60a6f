import {createHash} from 'node:crypto';
import {mkdir, readFile, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, beforeEach, expect, it, vi} from 'vitest';
import type {Plan} from '../../src/domain/plan/plan.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {
	describeReal,
	freePort,
	locate,
	type RealRegistry,
	startDockerRegistry,
	temporaryFolder,
} from '../support/real.ts';
import {type RealRedis, startRedis} from '../support/redis.ts';

vi.setConfig({testTimeout: 300_000, hookTimeout: 120_000});

/** The rebuild of each plan fails: what matters is what the registry still has in Redis when it begins. */
describeReal('bad data of a registry whose cache is in Redis', ['docker-registry', 'redis-server', 'redis-cli'], () => {
	const image = buildImage({seed: 'redis', platforms: ['linux/amd64'], attestations: false});
	const layer = image.blobs[1]!.digest;
	const key = `blobs::${layer}`;
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let login: Login;
	let store: Store;
	let redis: RealRedis;
	let registry: RealRegistry;
	let port: number;

	beforeAll(async () => {
		temporary = await temporaryFolder();
		login = await openLogin();
		port = await freePort();
		await mkdir(path.join(temporary.folder, 'redis'));
		redis = await startRedis(port, path.join(temporary.folder, 'redis'));
		store = openStore(path.join(temporary.folder, 'store'));
		registry = await startDockerRegistry({root: store.root, folder: temporary.folder, redis: `127.0.0.1:${port}`});
	});

	afterAll(async () => {
		await registry?.stop();
		await redis?.stop();
		await login?.[Symbol.asyncDispose]();
		await temporary?.[Symbol.asyncDispose]();
	});

	const head = async () => (await fetch(`http://${registry.host}/v2/acme/app/blobs/${layer}`, {method: 'HEAD'})).status;

	beforeEach(async () => {
		await store.push('acme/app', 'v1', image);
		expect(await head()).toBe(200);
		await writeFile(store.blobFile(layer), '');
		expect(await redis.run('EXISTS', key)).toBe('1');
	});

	let plans = 0;
	async function apply(more: object) {
		const storage = {root: store.root, ...more};
		await writeFile(
			path.join(login.folder, 'work/regmedic.yaml'),
			JSON.stringify({
				registries: {own: {url: `http://${registry.host}`, storage}},
				images: {
					'acme/app': {
						registry: 'own',
						fallback: {on: 'local', git: path.join(temporary.folder, 'nowhere'), builder: 'buildah', tags: ['v1']},
					},
				},
			}),
		);
		const file = path.join(login.folder, 'work', `plan-${++plans}.json`);
		const planned = await login.run(['respond', '--registry', 'own', '--plan', file]);
		expect(planned.exitCode, planned.stderr).toBe(3);
		const text = await readFile(file);
		const ran = await login.run([
			...['respond', '--apply', file, '--approve', createHash('sha256').update(text).digest('hex')],
			...['--destructive', '1', '--another', '--json'],
		]);
		return {made: JSON.parse(text.toString()) as Plan, said: `${ran.stdout}\n${ran.stderr}`.replace(/\s+/g, ' ')};
	}

	it('is forgotten by the configured command, before anything is stored, and without a restart', async () => {
		const {made, said} = await apply({redis: `${locate('redis-cli')} -p ${port}`});

		expect(made.items.map(({remedy}) => remedy)).toEqual(['move-aside', 'rebuild-fallback']);
		expect(made.items[0]!.changes).toEqual([
			{type: 'move-aside', digest: layer, size: 0, images: ['acme/app:v1']},
			{type: 'forget-cached', digest: layer, repositories: ['acme/app']},
		]);
		expect(said).toContain('lies aside');
		expect(await redis.run('EXISTS', key)).toBe('0');
		expect(await head()).toBe(404);
	});

	it('without a command waits for a person, with the lines to paste, and nothing is stored before that', async () => {
		const {said} = await apply({});

		expect(said).toContain(`redis-cli DEL ${key}`);
		expect(said).not.toContain('rebuild-fallback: under way');
		await expect(stat(store.blobFile(layer))).rejects.toThrow();
		expect(await head()).toBe(200);
	});
});
