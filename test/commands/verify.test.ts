import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {buildImage} from '../../src/drills/image.ts';
import {type RegistrySimulator, startRegistry} from '../../src/drills/registry/server.ts';
import {openStore} from '../../src/drills/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {freePort, temporaryFolder} from '../support/real.ts';

let login: Login;
let registry: RegistrySimulator;
let place: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
	[login, place] = await Promise.all([openLogin(), temporaryFolder()]);
	const store = openStore(place.folder);
	const broken = buildImage({seed: 'broken', layers: 1});
	await store.push('infra-ci', 'whole', buildImage({seed: 'whole', layers: 1}));
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
	it('are all told, also behind one that cannot be asked about', async () => {
		const nobody = `127.0.0.1:${await freePort()}/infra-ci:latest`;

		const {exitCode, stdout} = await login.run(['verify', nobody, `${registry.host}/infra-ci:whole`, '--json']);

		const {images} = JSON.parse(stdout);
		expect(images).toMatchObject([
			{reference: nobody, verdict: 'unknown', unchecked: [{code: 'registry.unreachable'}]},
			{verdict: 'intact'},
		]);
		expect(exitCode).toBe(6);
	});

	it('are broken as a whole when one is, whatever could not be asked', async () => {
		const nobody = `127.0.0.1:${await freePort()}/infra-ci:latest`;

		const {exitCode, stdout} = await login.run(['verify', nobody, `${registry.host}/infra-ci:broken`]);

		expect(exitCode).toBe(3);
		expect(stdout).toContain(nobody);
		expect(stdout).toContain('broken');
	});

	it('alone, an image that cannot be asked about is an error with a hint', async () => {
		const {exitCode, stdout, stderr} = await login.run(['verify', `127.0.0.1:${await freePort()}/infra-ci:latest`]);

		expect({exitCode, stdout}).toEqual({exitCode: 6, stdout: ''});
		expect(stderr).toMatch(/Nothing listens.*\n.*regmedic check/);
	});
});
