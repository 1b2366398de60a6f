import {spawnSync} from 'node:child_process';
import {rm, utimes, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, it, onTestFinished} from 'vitest';
import {redisCommands} from '../../src/domain/remedy/redis-keys.ts';
import type {Finding} from '../../src/domain/storage/findings/finding.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {openLogin} from '../support/cli.ts';
import {
	describeReal,
	freePort,
	locate,
	type RealRegistry,
	startDockerRegistry,
	temporaryFolder,
} from '../support/real.ts';
import {startRedis} from '../support/redis.ts';

describeReal('a registry that was collected while it ran', ['docker-registry', 'redis-server', 'redis-cli'], () => {
	/** An index whose child is swept, after its blobs were pulled. */
	async function collected(redis?: number) {
		const {folder, [Symbol.asyncDispose]: remove} = await temporaryFolder();
		const login = await openLogin();
		const store = openStore(path.join(folder, 'store'));
		const image = buildImage({seed: 'swept', platforms: ['linux/amd64'], attestations: false});
		await store.push('acme/app', 'v1', image);
		const registry = await startDockerRegistry({
			root: store.root,
			folder,
			...(redis === undefined ? {} : {redis: `127.0.0.1:${redis}`}),
		});
		onTestFinished(async () => {
			await registry.stop();
			await login[Symbol.asyncDispose]();
			await remove();
		});
		const statuses = () => Promise.all(image.blobs.map(({digest}) => headOf(registry, digest)));
		await statuses();
		const {status} = spawnSync(locate('docker-registry')!, ['garbage-collect', '-m', registry.config]);
		expect(status).toBe(0);
		const file = path.join(login.folder, 'work/regmedic.yaml');
		const storage = {root: store.root, restart: 'true'};
		await writeFile(file, JSON.stringify({registries: {private: {url: `http://${registry.host}`, storage}}}));
		const respond = async () => {
			const args = [
				'respond',
				'orphan-index',
				'--another',
				'--image',
				`${registry.host}/acme/app:v1`,
				'--plain',
				'--auto',
			];
			return (await login.run(args)).stdout.replace(/\s+/g, ' ');
		};
		const compare = async () => {
			const {stdout} = await login.run(['scan', '--registry', 'private', '--compare', '--json']);
			return (JSON.parse(stdout).findings as Finding[]).filter(({kind}) => kind === 'answers-differ');
		};
		return {registry, store, image, statuses, respond, compare};
	}

	const headOf = async ({host}: RealRegistry, digest: string) =>
		(await fetch(`http://${host}/v2/acme/app/blobs/${digest}`, {method: 'HEAD'})).status;

	it('answers for what the disk lacks: that proves its memory, and the restart comes first; after the restart nothing is proven', async () => {
		const {registry, statuses, respond, compare} = await collected();
		expect(await statuses()).toEqual([200, 200, 200]);

		const said = await respond();
		expect(said).toContain('The registry’s memory is stale: it answers HTTP 200 for sha256:');
		expect(said).toContain('1. Restart the registry (recommended) Why: Proven: the registry answers from memory');
		expect(await compare()).toMatchObject([{tags: ['v1'], remedy: 'restart'}]);

		await registry.restart();
		expect(await statuses()).toEqual([404, 404, 404]);
		const after = await respond();
		expect(after).not.toContain('memory is stale');
		expect(after).toContain('Restart the registry Why: The disk itself is damaged; a restart restores nothing.');
		expect(await compare()).toEqual([]);
	});

	it('is suspected where nothing can be asked for and it has run since before the loss, and not after a restart', async () => {
		const {registry, store, image, respond} = await collected();
		await rm(store.blobFile(image.manifests[0]!.digest), {force: true});
		// A link without data would tell what to ask for.
		for (const {digest} of image.blobs) {
			await rm(store.layerLink('acme/app', digest), {force: true});
		}

		const lostAt = async (time: number) => {
			const folders = spawnSync('find', [path.join(store.base, 'blobs'), '-type', 'd'], {encoding: 'utf8'});
			for (const folder of folders.stdout.trim().split('\n')) {
				await utimes(folder, time, time);
			}
		};

		await lostAt(Date.now() / 1000 + 10);
		const said = await respond();
		expect(said).toContain('The registry’s memory may be stale (suspected, not proven): its process has run since ');
		expect(said).toContain('Why: Suspected, not proven: the registry has run since before data was lost.');

		await lostAt(Date.now() / 1000 - 3600);
		await registry.restart();
		const after = await respond();
		expect(after).not.toContain('may be stale');
		expect(after).toContain('The disk itself is damaged; a restart restores nothing.');
	});

	it('and whose cache is in Redis has to be made to forget there: a restart is not recommended, and the keys are named', async () => {
		const port = await freePort();
		const {folder, [Symbol.asyncDispose]: remove} = await temporaryFolder();
		const redis = await startRedis(port, folder);
		onTestFinished(async () => {
			await redis.kill();
			await remove();
		});
		const {registry, statuses, respond, compare} = await collected(port);
		await registry.restart();
		expect(await statuses()).toEqual([200, 200, 200]);

		const said = await respond();
		expect(said).toContain('Its cache is in Redis, which outlives a restart.');
		expect(said).toContain('1. Delete the stale keys from Redis by hand (recommended)');
		expect(said).toContain(
			'Changes: in Redis, by hand: the keys blobs::DIGEST and repository::acme/app::blobs::DIGEST',
		);
		expect(said).toContain(
			'A restart does not help: the descriptor cache of this registry is in Redis, which keeps it.',
		);
		const [differing] = await compare();
		expect(differing).toMatchObject({remedy: 'inspect', detail: expect.stringContaining('Redis')});

		for (const command of redisCommands([{repository: 'acme/app', digest: differing!.digest!}])) {
			await redis.run(...command.split(' ').slice(1));
		}

		expect((await statuses()).filter(status => status === 404)).toHaveLength(1);
		expect(await redis.run('KEYS', `*${differing!.digest}`)).toBe('');
	});
});
