import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {readFile, stat, writeFile} from 'node:fs/promises';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import {afterAll, beforeAll, expect, it, vi} from 'vitest';
import type {Digest} from '../../src/domain/image/digest.ts';
import type {Plan} from '../../src/domain/plan/plan.ts';
import {blobData} from '../../src/domain/storage/listing/paths.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {hashOfFile} from '../support/plan-file.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

vi.setConfig({testTimeout: 300_000, hookTimeout: 120_000});

/** A registry in proxy mode with another one as its upstream; one client has pulled amd64, and a layer of it was emptied since. */
describeReal('damage of a pull-through cache', ['docker-registry', 'curl'], () => {
	const image = buildImage({seed: 'upstream', platforms: ['linux/amd64', 'linux/arm64'], attestations: false});
	const [amd, arm] = image.manifests;
	const partsOf = (child: typeof amd): Digest[] => {
		const {config, layers} = JSON.parse(child!.bytes.toString());
		return [config, ...layers].map(({digest}: {digest: Digest}) => digest);
	};
	const layer = partsOf(amd)[1]!;
	const inside = (...parts: string[]) => path.join(temporary.folder, ...parts);
	const data = (digest: Digest) => inside('cache/docker/registry/v2', blobData(digest));
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let login: Login;
	let upstream: RealRegistry;
	let cache: RealRegistry;
	let restarts: Server;

	const get = (what: string) =>
		fetch(`http://${cache.host}/v2/acme/app/${what}`, {
			headers: {Accept: [image.index.mediaType, amd!.mediaType].join(', ')},
		}).then(response => response.arrayBuffer());

	beforeAll(async () => {
		temporary = await temporaryFolder();
		login = await openLogin();
		const store = openStore(inside('upstream'));
		await store.push('acme/app', 'v1', image);
		upstream = await startDockerRegistry({root: store.root, folder: temporary.folder});
		cache = await startDockerRegistry({
			root: inside('cache'),
			folder: temporary.folder,
			variables: {REGISTRY_PROXY_REMOTEURL: `http://${upstream.host}`},
		});
		restarts = createServer((_, response) => {
			cache.restart().then(
				() => response.end(),
				() => response.writeHead(500).end(),
			);
		}).listen(0, '127.0.0.1');
		await once(restarts, 'listening');
		const {port} = restarts.address() as AddressInfo;
		const storage = {root: inside('cache'), restart: `curl -fsS http://127.0.0.1:${port}/`};
		await writeFile(
			path.join(login.folder, 'work/regmedic.yaml'),
			JSON.stringify({
				registries: {mirror: {url: `http://${cache.host}`, role: 'cache', platforms: ['linux/amd64'], storage}},
			}),
		);
		await get('manifests/v1');
		await get(`manifests/${amd!.digest}`);
		for (const digest of partsOf(amd)) {
			await get(`blobs/${digest}`);
		}

		// It stores what it fetches after its answer.
		for (const digest of [image.index.digest, amd!.digest, ...partsOf(amd)]) {
			await vi.waitFor(async () => expect((await stat(data(digest))).size).toBeGreaterThan(0), {timeout: 60_000});
		}

		await writeFile(data(layer), '');
	});

	afterAll(async () => {
		restarts?.close();
		await cache?.stop();
		await upstream?.stop();
		await login?.[Symbol.asyncDispose]();
		await temporary?.[Symbol.asyncDispose]();
	});

	const respond = async (...words: string[]) => {
		const ran = await login.run(['respond', '--registry', 'mirror', ...words]);
		return {...ran, said: `${ran.stdout}\n${ran.stderr}`.replace(/\s+/g, ' ')};
	};
	const plan = async (name: string, ...more: string[]) => {
		const file = path.join(login.folder, 'work', name);
		const {exitCode, said} = await respond('--plan', file, ...more);
		expect(exitCode, said).toBe(3);
		return {file, made: JSON.parse(await readFile(file, 'utf8')) as Plan};
	};
	const apply = async (file: string, destructive: string) => {
		const approve = await hashOfFile(file);
		return respond(
			'--apply',
			file,
			'--approve',
			approve,
			...(destructive === '0' ? [] : ['--destructive', destructive]),
			'--another',
			'--json',
		);
	};

	it('is planned without asking upstream: refetch, bypass or leave, and nothing that would push', async () => {
		await upstream.stop();
		const {made} = await plan('one.json');
		await upstream.restart();

		expect(made.images).toMatchObject([{repository: 'acme/app', findings: ['blob-empty'], recommended: 'refetch'}]);
		expect(made.images[0]!.remedies.map(({remedy, possible}) => [remedy, possible])).toEqual([
			['refetch', true],
			['bypass', true],
			['leave', true],
		]);
		expect(made.items.map(({remedy, destructive}) => [remedy, destructive])).toEqual([
			['move-aside', true],
			['restart', false],
			['refetch', false],
		]);
		expect(made.items[2]!.changes).toEqual([{type: 'refetch', repository: 'acme/app', digests: [layer], pulls: 0}]);
		expect((await stat(data(layer))).size).toBe(0);
	});

	it('may be bypassed: the lines for docker, podman and containerd are shown, and nothing is changed', async () => {
		const {file, made} = await plan('two.json', '--remedy', 'acme/app=bypass');
		expect(made.items.map(({remedy, changes}) => [remedy, changes])).toEqual([
			['bypass', [{type: 'bypass', cache: cache.host}]],
		]);

		const {said} = await apply(file, '0');

		expect(said).toMatch(/registry-mirrors.*daemon\.json.*registries\.conf.*hosts\.toml/);
		expect((await stat(data(layer))).size).toBe(0);
	});

	it('is fetched again: the cache serves the layer whole, and has fetched nothing else', async () => {
		const {file} = await plan('three.json');

		const {exitCode, said, stdout} = await apply(file, '1');

		expect(exitCode, said).toBe(0);
		expect(JSON.parse(stdout).items.map(({outcome}: {outcome: string}) => outcome)).toEqual(['done', 'done', 'done']);
		const bytes = Buffer.from(await get(`blobs/${layer}`));
		expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(layer);
		await vi.waitFor(async () => expect((await stat(data(layer))).size).toBe(bytes.length), {timeout: 60_000});
		for (const digest of [arm!.digest, ...partsOf(arm)]) {
			await expect(stat(data(digest))).rejects.toThrow();
		}
	});
});
