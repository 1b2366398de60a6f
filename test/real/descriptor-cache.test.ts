import {spawn} from 'node:child_process';
import {mkdir, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, it, onTestFinished} from 'vitest';
import {createLocalShell} from '../../src/adapters/ssh/local.ts';
import {createStorage} from '../../src/adapters/storage/storage.ts';
import {readConfigurationFile} from '../../src/domain/audit/registries/configuration-file.ts';
import {descriptorCacheOf} from '../../src/domain/audit/registries/descriptor-cache.ts';
import {descriptorCacheIn} from '../../src/domain/audit/registries/serving-store.ts';
import type {Digest} from '../../src/domain/image/digest.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {createNonces} from '../support/nonces.ts';
import {processes} from '../support/processes.ts';
import {describeReal, freePort, locate, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {startRedis} from '../support/redis.ts';

describeReal('the descriptor cache that docker-registry takes', ['docker-registry'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;

	beforeAll(async () => {
		temporary = await temporaryFolder();
	});

	afterAll(async () => temporary[Symbol.asyncDispose]());

	const name = 'REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR';
	it.concurrent.each<[cache: string, variables: Record<string, string>]>([
		['cache: {blobdescriptor: inmemory}', {}],
		['cache: {blobdescriptor: "redis"}', {}],
		['cache: {blobdescriptor: none}', {}],
		['cache: {blobdescriptor: memory}', {}],
		['cache: {blobdescriptor: InMemory}', {}],
		['cache: {blobdescriptor: true}', {}],
		['cache: {BlobDescriptor: inmemory}', {}],
		['cache: {layerinfo: inmemory}', {}],
		['cache: {layerinfo: inmemory, blobdescriptor: redis}', {}],
		['cache: {layerinfo: inmemory, blobdescriptor: none}', {}],
		['cache: {layerinfo: inmemory, blobdescriptor: ""}', {}],
		['cache: {layerinfo: inmemory, blobdescriptor: }', {}],
		['cache: {}', {}],
		['', {}],
		['', {[name]: 'inmemory'}],
		['', {[name]: "'redis' "}],
		['cache: {blobdescriptor: redis}', {[name]: 'none'}],
		['cache: {blobdescriptor: redis}', {[name]: ''}],
		['cache: {blobdescriptor: redis}', {[name]: 'inmemory'}],
		['cache: {blobdescriptor: redis}', {[name.toLowerCase()]: 'none'}],
		['cache: {blobdescriptor: redis}', {REGISTRY_STORAGE_CACHE_blobdescriptor: 'inmemory'}],
		['cache: {blobdescriptor: redis}', {REGISTRY_STORAGE_CACHE_LAYERINFO: 'inmemory'}],
		['cache: {layerinfo: redis}', {REGISTRY_STORAGE_CACHE_LAYERINFO: 'inmemory'}],
		['cache: {blobdescriptor: redis}', {REGISTRY_STORAGE_CACHE: '{blobdescriptor: inmemory}'}],
		['cache: {blobdescriptor: redis}', {REGISTRY_STORAGE_CACHE: ''}],
		['', {REGISTRY_STORAGE_CACHE: 'blobdescriptor: redis', [name]: 'inmemory'}],
	])('with %j and %j is the one that regmedic reads from them', async (cache, variables) => {
		const text = `version: 0.1\nlog: {level: info}\nstorage:\n  filesystem: {rootdirectory: ${temporary.folder}/none}\n  maintenance: {uploadpurging: {enabled: false}}\n  ${cache}\nredis: {addr: "127.0.0.1:1"}\nhttp: {addr: "127.0.0.1:0"}\n`;
		const file = path.join(
			temporary.folder,
			`${Buffer.from(cache + JSON.stringify(variables))
				.toString('hex')
				.slice(-200)}.yml`,
		);
		await writeFile(file, text);
		const settings = Object.entries(variables).map(([key, value]) => [key, {file: 'test', line: key, value}] as const);

		const read = descriptorCacheOf(
			{variables: new Map(settings)},
			readConfigurationFile({path: file, kind: 'configuration', text, cut: false}),
		);

		expect(read.kind).toBe(await chosen(file, variables));
	});

	it('is found by its process: the variables of the process beat the file that it was started with', async () => {
		const {folder} = temporary;
		const root = path.join(folder, 'store');
		await mkdir(path.join(root, 'docker/registry/v2/repositories'), {recursive: true});
		const cacheOf = async (variables: Record<string, string>) => {
			const registry = await startDockerRegistry({root, folder, variables});
			const storage = createStorage({shell: createLocalShell({processes, nonce: createNonces()}), root});
			const maintenance = await storage.maintenance({signal: AbortSignal.timeout(20_000)});
			await registry.stop();
			return descriptorCacheIn(maintenance);
		};

		expect(await cacheOf({})).toMatchObject({kind: 'inmemory'});
		expect(await cacheOf({[name]: 'none'})).toEqual({kind: 'none'});
	});
});

/** What docker-registry logs that it uses. */
async function chosen(file: string, variables: Record<string, string>): Promise<'inmemory' | 'redis' | 'none'> {
	const child = spawn(locate('docker-registry')!, ['serve', file], {
		env: {PATH: process.env.PATH, ...variables},
		stdio: ['ignore', 'ignore', 'pipe'],
	});
	let log = '';
	for await (const chunk of child.stderr.setEncoding('utf8')) {
		log += chunk;
		if (log.includes('listening on')) {
			break;
		}
	}

	child.kill('SIGKILL');
	const [, kind] = /using (inmemory|redis) blob descriptor cache/.exec(log) ?? [];
	expect(log).toContain('listening on');
	return kind === 'inmemory' || kind === 'redis' ? kind : 'none';
}

describeReal('a descriptor cache in Redis', ['docker-registry', 'redis-server', 'redis-cli'], () => {
	it('outlives a restart of the registry and of Redis; without the key of a blob the registry looks at the disk again', async () => {
		await using temporary = await temporaryFolder();
		const {folder} = temporary;
		const redisPort = await freePort();
		let redis = await startRedis(redisPort, folder);
		onTestFinished(() => redis.kill());
		const store = openStore(path.join(folder, 'store'));
		const image = buildImage({seed: 'redis', platforms: ['linux/amd64'], attestations: false});
		await store.push('acme/app', 'v1', image);
		const registry = await startDockerRegistry({root: store.root, folder, redis: `127.0.0.1:${redisPort}`});
		onTestFinished(() => registry.stop());
		const [one, other] = image.blobs.map(({digest}) => digest) as [Digest, Digest];
		const head = async (digest: Digest) =>
			(await fetch(`http://${registry.host}/v2/acme/app/blobs/${digest}`, {method: 'HEAD'})).status;
		const heads = async () => [await head(one), await head(other)];

		expect(await heads()).toEqual([200, 200]);
		await Promise.all([one, other].map(digest => rm(store.blobFile(digest))));
		await registry.restart();
		expect(await heads()).toEqual([200, 200]);
		await redis.stop();
		redis = await startRedis(redisPort, folder);
		expect(await heads()).toEqual([200, 200]);
		expect((await redis.run('KEYS', '*')).split('\n').sort()).toEqual(
			[
				...[one, other].flatMap(digest => [`blobs::${digest}`, `repository::acme/app::blobs::${digest}`]),
				'repository::acme/app::blobs',
			].sort(),
		);

		await redis.run('DEL', `repository::acme/app::blobs::${one}`);
		await redis.run('SREM', 'repository::acme/app::blobs', one);
		expect(await heads()).toEqual([200, 200]);
		await redis.run('DEL', `blobs::${other}`);
		expect(await heads()).toEqual([200, 404]);
		await redis.run('FLUSHDB');
		expect(await heads()).toEqual([404, 404]);
	});
});
