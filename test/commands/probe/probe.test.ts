import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {createServer, type RequestListener} from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {buildImage} from '../../../src/drills/images/image.ts';
import {openStore} from '../../../src/drills/images/store.ts';
import {type RegistrySimulator, startRegistry} from '../../../src/drills/registry/server.ts';
import {type Login, openLogin} from '../../support/cli.ts';
import {freePort, temporaryFolder} from '../../support/real.ts';

let login: Login;
let place: Awaited<ReturnType<typeof temporaryFolder>>;
let healthy: RegistrySimulator;
let broken: RegistrySimulator;
let empty: RegistrySimulator;

beforeAll(async () => {
	[login, place] = await Promise.all([openLogin(), temporaryFolder()]);
	const good = openStore(path.join(place.folder, 'good'));
	const bad = openStore(path.join(place.folder, 'bad'));
	const image = buildImage({seed: 'damaged', layers: 1});
	for (const store of [good, bad]) {
		await store.push('acme/app', 'v1', buildImage({seed: 'app', layers: 1}));
		await store.push('acme/tool', 'v1', buildImage({seed: 'tool', layers: 1}));
		await store.push('infra-ci', 'latest', image);
		await store.writeTag('infra-ci', 'manual', image.index.digest);
	}

	await bad.remove(bad.revisionLink('infra-ci', image.manifests[0]!.digest));
	[healthy, broken, empty] = await Promise.all([
		startRegistry({root: good.root}),
		startRegistry({root: bad.root}),
		startRegistry({root: path.join(place.folder, 'nothing')}),
	]);
});

afterAll(async () => {
	await Promise.all([healthy, broken, empty].map(registry => registry.close()));
	await login[Symbol.asyncDispose]();
	await place[Symbol.asyncDispose]();
});

async function serveOnce(answer: RequestListener) {
	const server = createServer(answer).listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			server.close();
		},
	};
}

describe.concurrent('regmedic probe', () => {
	it('exits with 0 for a healthy registry', async () => {
		const {exitCode, stdout, stderr} = await login.run(['probe', healthy.host]);

		expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''});
		expect(stdout).toMatch(/3 repositories, 4 tags, 3 indexes checked[\s\S]*intact: all of 4 tags can be pulled\.\n$/);
	});

	it('names every broken image and the next command', async () => {
		const {exitCode, stdout} = await login.run(['probe', broken.host]);

		expect(exitCode).toBe(3);
		expect(stdout).toMatch(/infra-ci: (latest, manual|manual, latest)/);
		expect(stdout).toContain('broken: 2 of 4 tags cannot be pulled.');
		expect(stdout).toContain(`Next: regmedic respond --image ${broken.host}/infra-ci:latest`);
	});

	it('prints JSON: broken and unknown images, or all of them', async () => {
		const [some, all] = await Promise.all([
			login.run(['probe', broken.host, '--json']),
			login.run(['probe', broken.host, '--json', '--all']),
		]);

		const document = JSON.parse(some.stdout);
		expect(document).toMatchObject({
			schema: 'regmedic.probe/1',
			catalog: true,
			repositories: 3,
			tags: 4,
			indexes: 3,
			failures: 2,
			unknown: 0,
			requests: expect.any(Number),
			seconds: expect.any(Number),
			faults: {'child-missing': 1},
		});
		expect(document.images.map(({verdict}: {verdict: string}) => verdict)).toEqual(['broken', 'broken']);
		expect(document.images[0].faults).toMatchObject([{kind: 'child-missing', status: 404}]);
		expect(JSON.parse(all.stdout).images).toHaveLength(4);
		expect([some.exitCode, all.exitCode]).toEqual([3, 3]);
	});

	it('probes shards of a catalogue: together they cover every tag once', async () => {
		const runs = await Promise.all(
			['0/2', '1/2'].map(shard => login.run(['probe', healthy.host, '--json', '--shard', shard])),
		);

		const reports = runs.map(({stdout}) => JSON.parse(stdout));
		expect(reports.map(({shard}) => shard)).toEqual([
			{index: 0, of: 2},
			{index: 1, of: 2},
		]);
		expect(reports[0].tags + reports[1].tags).toBe(4);
		expect(runs.map(({exitCode}) => exitCode)).toEqual([0, 0]);
	});

	it('accepts an empty catalogue only with --allow-empty', async () => {
		const strict = await login.run(['probe', empty.host]);
		const lax = await login.run(['probe', empty.host, '--allow-empty']);

		expect(strict.exitCode).toBe(8);
		expect(strict.stdout).toContain('{"repositories":[]}');
		expect(lax.exitCode).toBe(0);
	});

	it('exits with 6 where no registry listens, also as JSON', async () => {
		const {exitCode, stdout} = await login.run(['probe', `127.0.0.1:${await freePort()}`, '--json']);

		expect(exitCode).toBe(6);
		expect(JSON.parse(stdout)).toMatchObject({catalog: false, unknown: 1, failure: {code: 'registry.unreachable'}});
	});

	it('prints only metrics on standard output with --metrics-file -', async () => {
		const {exitCode, stdout, stderr} = await login.run(['probe', broken.host, '--metrics-file', '-']);

		expect(exitCode).toBe(3);
		expect(stdout).toMatch(/^# HELP /);
		expect(stdout).toContain(`registry_manifest_integrity_failures{instance="${broken.host}"} 2\n`);
		expect(stdout).not.toContain('respond');
		expect(stderr).toContain('Next: regmedic respond');
	});

	it('writes metrics for node_exporter relative to the working directory', async () => {
		const {exitCode} = await login.run(['probe', healthy.host, '--metrics-file', 'probe.prom']);

		expect(exitCode).toBe(0);
		expect(await readFile(path.join(login.folder, 'work/probe.prom'), 'utf8')).toContain(
			`registry_manifest_integrity_failures{instance="${healthy.host}"} 0\n`,
		);
	});

	it('fails where the metrics could not be written, but still exits as broken where an image is', async () => {
		const push = ['--push', `http://127.0.0.1:${await freePort()}`];
		const [well, ill] = await Promise.all([
			login.run(['probe', healthy.host, ...push]),
			login.run(['probe', broken.host, ...push, '--metrics-file', 'none/probe.prom']),
		]);

		expect(well.exitCode).toBe(1);
		expect(well.stdout).toContain('intact');
		expect(well.stderr).toMatch(
			/could not be pushed to 127\.0\.0\.1:\d+ \(ECONNREFUSED\)\.\nMonitoring does not see this run/,
		);
		expect(ill.exitCode).toBe(3);
		expect(ill.stderr).toMatch(/could not be written to[\s\S]*could not be pushed/);
	});

	it('logs in to the Pushgateway from the environment, and never prints the password', async () => {
		// A proxy that repeats what it was told, decoded.
		await using gateway = await serveOnce(({headers}, response) => {
			const said = Buffer.from(headers.authorization!.replace('Basic ', ''), 'base64').toString();
			response.writeHead(400).end(`bad user ${said} (${headers.authorization})`);
		});

		const {exitCode, stdout, stderr} = await login.run(['probe', healthy.host, '--push', gateway.url, '--verbose'], {
			environment: {PUSHGATEWAY_USER: 'nora', PUSHGATEWAY_PASSWORD: 'hunter22-very'},
		});

		expect(exitCode).toBe(1);
		expect(stderr).toContain('bad user');
		expect(stdout + stderr).not.toMatch(/hunter22|bm9yYTpodW/);
	});

	it.each([
		[['--shard', '4/4'], /no shard 4 of 4[\s\S]*3\/4/],
		[['--push', 'http://nora:hunter22@gateway.example'], /holds a password[\s\S]*PUSHGATEWAY_PASSWORD/],
		[['--metrics-file', 'probe.txt'], /\.prom/],
		[['--tags', '0'], /whole number/],
		[['--json', '--metrics-file', '-'], /at once/],
		[['--depth', 'deep'], /head, edge, content/],
	])('refuses %j before the first request', async (words, says) => {
		const {exitCode, stdout, stderr} = await login.run(['probe', '127.0.0.1:1', ...words]);

		expect({exitCode, stdout}).toEqual({exitCode: 2, stdout: ''});
		expect(stderr).toMatch(says);
		expect(stderr).not.toContain('hunter22');
	});

	it('says how to name a registry where none is given', async () => {
		const {exitCode, stderr} = await login.run(['probe']);

		expect(exitCode).toBe(2);
		expect(stderr).toMatch(/none is configured[\s\S]*HOST\[:PORT\]/);
	});
});
