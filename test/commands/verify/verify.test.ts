import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {verify} from '../../../src/commands/verify/verify.ts';
import {createRedaction} from '../../../src/domain/text/redaction.ts';
import {buildImage} from '../../../src/drills/images/image.ts';
import {openStore} from '../../../src/drills/images/store.ts';
import {type RegistrySimulator, startRegistry} from '../../../src/drills/registry/server.ts';
import type {Invocation} from '../../../src/invocation.ts';
import {type Login, openLogin} from '../../support/cli.ts';
import {processes} from '../../support/processes.ts';
import {freePort, temporaryFolder} from '../../support/real.ts';

let login: Login;
let registry: RegistrySimulator;
let place: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
	[login, place] = await Promise.all([openLogin(), temporaryFolder()]);
	const store = openStore(place.folder);
	const [broken, whole] = [buildImage({seed: 'broken', layers: 1}), buildImage({seed: 'whole', layers: 1})];
	await store.push('infra-ci', 'whole', whole);
	await store.writeTag('infra-ci', 'again', whole.index.digest);
	await store.push('infra-ci', 'broken', broken);
	await store.remove(store.revisionLink('infra-ci', broken.manifests[0]!.digest));
	registry = await startRegistry({root: place.folder});
});

afterAll(async () => {
	await registry.close();
	await login[Symbol.asyncDispose]();
	await place[Symbol.asyncDispose]();
});

describe('several images on one command line', () => {
	it('are all reported, also after one whose registry does not respond', async () => {
		const nobody = `127.0.0.1:${await freePort()}/infra-ci:latest`;

		const {exitCode, stdout} = await login.run(['verify', nobody, `${registry.host}/infra-ci:whole`, '--json']);

		const {images} = JSON.parse(stdout);
		expect(images).toMatchObject([
			{reference: nobody, verdict: 'unknown', unchecked: [{code: 'registry.unreachable'}]},
			{verdict: 'intact'},
		]);
		expect(exitCode).toBe(6);
	});

	it('exit as broken when one image is, even if another registry does not respond', async () => {
		const nobody = `127.0.0.1:${await freePort()}/infra-ci:latest`;

		const {exitCode, stdout} = await login.run(['verify', nobody, `${registry.host}/infra-ci:broken`]);

		expect(exitCode).toBe(3);
		expect(stdout).toContain(nobody);
		expect(stdout).toContain('broken');
	});

	it('end with the error and its hint where the only image has no registry', async () => {
		const {exitCode, stdout, stderr} = await login.run(['verify', `127.0.0.1:${await freePort()}/infra-ci:latest`]);

		expect({exitCode, stdout}).toEqual({exitCode: 6, stdout: ''});
		expect(stderr).toMatch(/Nothing listens.*\n.*regmedic check/);
	});

	it('request a part that they share once', async () => {
		const requestsFor = async (...tags: string[]) => {
			const references = tags.map(tag => `${registry.host}/infra-ci:${tag}`);
			return JSON.parse((await login.run(['verify', ...references, '--json'])).stdout).requests;
		};

		const [one, two] = [await requestsFor('whole'), await requestsFor('whole', 'again')];

		// The tag itself: what it names is known by then.
		expect(two).toBe(one + 1);
	});

	it('on several hosts are counted together, and summed up in one line', async () => {
		const other = await startRegistry({root: place.folder});
		try {
			const images = [registry, other].map(({host}) => `${host}/infra-ci:whole`);

			const [one, both, told] = await Promise.all([
				login.run(['verify', images[0]!, '--json']),
				login.run(['verify', ...images, '--json']),
				login.run(['verify', ...images, `${other.host}/infra-ci:broken`]),
			]);

			expect(JSON.parse(both.stdout).requests).toBe(2 * JSON.parse(one.stdout).requests);
			expect(told.stdout).toMatch(/\n\n3 images: 1 broken, 2 intact\.\n$/);
			expect(told.stderr).toBe('');
		} finally {
			await other.close();
		}
	});
});

describe('a person who waits at a terminal', () => {
	/** A registry that answers once somebody has been told to wait; and what they were told. */
	async function verifySlowly(stderr: NonNullable<Invocation['terminal']['stderr']>) {
		const told: string[] = [];
		const printed: string[] = [];
		let answer = () => {};
		const waited = new Promise<void>(resolve => {
			answer = resolve;
		});
		await using server = await slowRegistry(waited);
		const invocation = {
			flags: {json: false, plain: false, color: false, verbose: false},
			environment: {HOME: login.folder},
			folder: login.folder,
			redaction: createRedaction(),
			processes,
			terminal: {columns: () => 200, stderr, unicode: true},
			print: (text: string) => printed.push(told.length === 0 ? text : `${told.at(-1)}|${text}`),
			talk: (text: string) => {
				told.push(text);
				answer();
			},
			signal: AbortSignal.timeout(10_000),
		} as unknown as Invocation;
		setTimeout(answer, stderr.isTTY ? 5000 : 600);

		const code = await verify([`${server.host}/infra-ci:latest`], {depth: 'edge'}, invocation);
		return {code, told, printed: printed.join('')};
	}

	async function slowRegistry(waited: Promise<void>) {
		const {index, manifests, blobs} = buildImage({
			seed: 'slow',
			layers: 1,
			platforms: ['linux/amd64'],
			attestations: false,
		});
		const all = new Map([...manifests, ...blobs].map(({digest, bytes}) => [digest as string, bytes]));
		const server = createServer(async ({url = ''}, response) => {
			await waited;
			const bytes = all.get(url.split('/').at(-1)!) ?? index.bytes;
			response
				.writeHead(200, {'content-type': JSON.parse(`${url.includes('blobs') ? '{}' : bytes}`).mediaType ?? ''})
				.end(bytes);
		}).listen(0, '127.0.0.1');
		await once(server, 'listening');
		return {
			host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
			async [Symbol.asyncDispose]() {
				server.closeAllConnections();
				server.close();
				await once(server, 'close');
			},
		};
	}

	it('sees the progress within a second, and it is erased before the result', async () => {
		const {code, told, printed} = await verifySlowly({isTTY: true, columns: 60});

		expect(code).toBe(0);
		expect(told[0]).toMatch(/^\r\u001B\[K127\.0\.0\.1:\d+\/infra-ci:latest: asking the registry, 0\.\d s$/);
		expect(printed).toMatch(/^\r\u001B\[K\|127\.0\.0\.1:\d+\/infra-ci:latest: intact\n/);
	});

	it('sees no progress in a log', async () => {
		const {code, told, printed} = await verifySlowly({isTTY: false});

		expect({code, told}).toEqual({code: 0, told: []});
		expect(printed).toContain('intact');
	});
});
