import {writeFile} from 'node:fs/promises';
import {createServer, request, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

describeReal('a registry whose catalogue cannot be listed', ['docker-registry'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let login: Login;
	let registry: RealRegistry;
	let store: Store;
	let front: Server;
	let host: string;
	/** What the front answers for the catalogue. */
	let answer = {status: 404, body: '{"errors":[{"code":"UNSUPPORTED","message":"no catalogue here"}]}'};
	const asked: string[] = [];

	beforeAll(async () => {
		temporary = await temporaryFolder();
		store = openStore(path.join(temporary.folder, 'store'));
		for (const repository of ['infra-ci', 'tools/lint', 'tools/sign']) {
			await store.push(repository, 'latest', buildImage({seed: repository, layers: 1}));
		}

		const broken = buildImage({seed: 'broken', layers: 1});
		await store.push('web', 'old', broken);
		await store.remove(path.dirname(store.revisionLink('web', broken.manifests[0]!.digest)));
		[login, registry] = await Promise.all([
			openLogin(),
			startDockerRegistry({root: store.root, folder: temporary.folder}),
		]);
		front = createServer((from, to) => {
			asked.push(from.url ?? '');
			if (from.url?.startsWith('/v2/_catalog')) {
				to.writeHead(answer.status, {'content-type': 'application/json'}).end(answer.body);
				return;
			}

			const [name = '', port] = registry.host.split(':');
			const behind = request(
				{host: name, port, path: from.url, method: from.method, headers: from.headers},
				response => {
					to.writeHead(response.statusCode ?? 500, response.headers);
					response.pipe(to);
				},
			);
			from.pipe(behind);
		});
		await new Promise<void>(resolve => front.listen(0, '127.0.0.1', resolve));
		host = `127.0.0.1:${(front.address() as AddressInfo).port}`;
	});

	afterAll(async () => {
		front?.closeAllConnections();
		front?.close();
		await registry?.stop();
		await login?.[Symbol.asyncDispose]();
		await temporary?.[Symbol.asyncDispose]();
	});

	const probe = (args: string[], input = '') => login.run(['probe', host, '--json', ...args], {input});

	it.each([401, 403, 404, 405])('answers %i: the hint leads to names, and with names it is probed', async status => {
		answer = {status, body: '{"errors":[{"code":"UNSUPPORTED","message":"no"}]}'};

		const bare = await probe([]);
		expect(bare.exitCode).not.toBe(0);
		expect(JSON.parse(bare.stdout).failure.hint).toContain('--repositories FILE');

		asked.length = 0;
		const named = await probe(['--repositories', '-'], 'infra-ci\ntools/lint\n');
		expect(named.exitCode, named.stdout).toBe(0);
		expect(JSON.parse(named.stdout)).toMatchObject({
			list: {ended: 'given'},
			...{listed: 2, repositories: 2, tags: 2, failures: 0, unknown: 0},
		});
		expect(asked.filter(each => each.includes('_catalog'))).toEqual([]);
	});

	it('answers an empty list: that is unknown, and the words lead to names', async () => {
		answer = {status: 200, body: '{"repositories":[]}'};

		const {exitCode, stdout} = await login.run(['probe', host]);

		expect([exitCode, stdout.replaceAll(/\s+/g, ' ')]).toEqual([8, expect.stringContaining('--repositories')]);
	});

	it('images from another command: each of them is walked, the broken one found, an absent one said', async () => {
		const list = `${host}/web:old\n${host}/tools/sign:latest\n${host}/tools/sign:gone\nhub.example/acme/app:7\n`;

		const {exitCode, stdout, stderr} = await probe(['--images', '-'], list);

		const report = JSON.parse(stdout);
		expect(exitCode, stdout).toBe(3);
		expect(report).toMatchObject({tags: 2, failures: 1, unknown: 1});
		expect(report.gaps).toEqual([expect.objectContaining({repository: 'tools/sign', code: 'image.absent'})]);
		expect(stderr).toContain('1 image of other registries');
	});

	it('a name that is not there is unknown, never passed over', async () => {
		const {exitCode, stdout} = await probe(['--repository', 'infra-ci', '--repository', 'tols/lint']);

		expect(exitCode).toBe(8);
		expect(stdout).toContain('has no repository tols/lint');
	});

	it('a glob chooses among what is configured', async () => {
		const file = path.join(login.folder, 'work/regmedic.yaml');
		const repositories = ['infra-ci', 'tools/lint', 'tools/sign', 'web'];
		await writeFile(file, JSON.stringify({registries: {private: {url: `http://${host}`, repositories}}}));

		const some = await login.run(['probe', 'private', '--json', '--repository', 'tools/*']);
		const none = await login.run(['probe', 'private', '--json', '--repository', 'none*']);

		expect(some.exitCode, some.stdout).toBe(0);
		expect(JSON.parse(some.stdout)).toMatchObject({listed: 4, repositories: 2});
		expect([none.exitCode, none.stdout]).toEqual([8, expect.stringContaining('none*')]);
	});
});
