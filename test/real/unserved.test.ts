import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {registryVersion} from '../support/registry-program.ts';
import {isSweep} from '../support/sweep.ts';

const names = Array.from({length: 6}, (_, n) => `acme/app-${n}`);
const images = new Map(names.map(name => [name, buildImage({seed: name, layers: 1, attestations: false})]));
const layerOf = (name: string) => images.get(name)!.blobs[1]!.digest;
const childOf = (name: string) => images.get(name)!.manifests[0]!.digest;

/** A database row without its file, or a stale mount: the registry is real, and what stands before it fails for some digests. */
describeReal(`what registry ${registryVersion} never serves`, ['docker-registry'], () => {
	let place: Awaited<ReturnType<typeof temporaryFolder>>;
	let login: Login;
	let registry: RealRegistry;
	let host: string;
	const failing = new Set<string>();
	const proxy = createServer(async (request, response) => {
		if ([...failing].some(digest => request.url!.endsWith(digest))) {
			response.writeHead(500).end();
			return;
		}

		const {accept, range} = request.headers;
		const headers = {...(accept && {accept}), ...(range && {range})};
		const answer = await fetch(`http://${registry.host}${request.url}`, {method: request.method!, headers});
		response.writeHead(answer.status, Object.fromEntries(answer.headers));
		response.end(Buffer.from(await answer.arrayBuffer()));
	});

	beforeAll(async () => {
		[place, login] = await Promise.all([temporaryFolder(), openLogin()]);
		const store = openStore(path.join(place.folder, 'store'));
		await Promise.all([...images].map(([name, image]) => store.push(name, 'v1', image)));
		registry = await startDockerRegistry({root: store.root, folder: place.folder});
		await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
		host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
	});

	beforeEach(() => failing.clear());

	afterAll(async () => {
		proxy.closeAllConnections();
		proxy.close();
		await registry?.stop();
		await login?.[Symbol.asyncDispose]();
		await place?.[Symbol.asyncDispose]();
	});

	type Check = {reference: string; verdict: string; faults: object[]};
	type Report = {
		images: Check[];
		trouble?: object;
		gaps?: object[];
		failures?: number;
		unknown?: number;
		faults?: object;
	};

	async function ask(...args: string[]): Promise<Report & {exitCode: number | null}> {
		const {exitCode, stdout} = await login.run([...args, '--json']);
		return {exitCode, ...(JSON.parse(stdout) as Report)};
	}

	const probe = () => ask('probe', host, '--all');
	const verify = () => ask('verify', ...names.map(name => `${host}/${name}:v1`));
	const verdicts = ({images: checks}: Report) =>
		names.map(name => checks.find(({reference}) => reference === `${host}/${name}:v1`)?.verdict);

	test('one blob and one child that fail each time are broken for this part alone; the others are intact', async () => {
		failing.add(layerOf('acme/app-0')).add(childOf('acme/app-1'));

		for (const look of isSweep ? [probe, verify] : [probe]) {
			const report = await look();

			expect(report.exitCode).toBe(3);
			expect(verdicts(report)).toEqual(names.map((_, n) => (n < 2 ? 'broken' : 'intact')));
			expect(report.images.flatMap(({faults}) => faults)).toEqual(
				expect.arrayContaining(
					[layerOf('acme/app-0'), childOf('acme/app-1')].map(digest =>
						expect.objectContaining({kind: 'part-unserved', digest, status: 500}),
					),
				),
			);
		}
	});

	test('where many unrelated parts fail, it is the storage: said once, and no image is condemned', async () => {
		for (const name of names.slice(0, 4)) {
			failing.add(layerOf(name));
		}

		const probed = await probe();

		const told = names.map((_, n) => (n < 4 ? 'unknown' : 'intact'));
		expect(verdicts(probed)).toEqual(told);
		expect(probed).toMatchObject({
			exitCode: 8,
			failures: 0,
			unknown: 4,
			faults: {},
			gaps: [{code: 'registry.storage'}],
		});
		if (isSweep) {
			const verified = await verify();
			expect(verdicts(verified)).toEqual(told);
			expect(verified).toMatchObject({exitCode: 8, trouble: {code: 'registry.storage'}});
		}
	});
});
