import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {buildImage} from '../../../src/drills/images/image.ts';
import {openStore} from '../../../src/drills/images/store.ts';
import {type RegistrySimulator, startRegistry} from '../../../src/drills/registry/server.ts';
import {type Login, openLogin} from '../../support/cli.ts';
import {freePort, temporaryFolder} from '../../support/real.ts';

const pulledAs = 'registry.example:5050';

let login: Login;
let registry: RegistrySimulator;
let place: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
	[login, place] = await Promise.all([openLogin(), temporaryFolder()]);
	const store = openStore(place.folder);
	const [broken, whole] = [buildImage({seed: 'broken', layers: 1}), buildImage({seed: 'whole', layers: 1})];
	await store.push('web', 'v1', whole);
	await store.push('infra-ci', 'latest', broken);
	await store.remove(store.revisionLink('infra-ci', broken.manifests[0]!.digest));
	registry = await startRegistry({root: place.folder});
});

afterAll(async () => {
	await registry.close();
	await login[Symbol.asyncDispose]();
	await place[Symbol.asyncDispose]();
});

function deployment(name: string, image: string) {
	const spec = {template: {spec: {containers: [{name: 'c', image, imagePullPolicy: 'IfNotPresent'}]}}};
	return {kind: 'Deployment', metadata: {name, namespace: 'acme'}, spec};
}

async function usage(args: string[], {url = `http://${registry.host}`, images = ['web:v1', 'infra-ci:latest']} = {}) {
	const file = path.join(login.folder, 'workloads.json');
	await writeFile(
		file,
		JSON.stringify({kind: 'List', items: images.map(each => deployment(each.split(':')[0]!, `${pulledAs}/${each}`))}),
	);
	const config = path.join(login.folder, 'regmedic.yaml');
	const registries = {private: {url, addresses: [pulledAs]}};
	await writeFile(config, JSON.stringify({registries, usage: {file}}));
	return login.run(['usage', ...args, '--config', config]);
}

describe('regmedic usage', () => {
	it('names what uses each image, damaged ones first, by every address of the registry', async () => {
		const {exitCode, stdout} = await usage([]);

		expect(stdout.replace(/\s+/g, ' ')).toMatch(
			/^2 images of \S+\. Looked at: deployments \(the file [^)]*, looked at [-\d: ]+ UTC\)\. Not looked at: pods,/,
		);
		expect(stdout.slice(stdout.indexOf('\n\n'))).toBe(
			[
				...['', '', `broken: ${registry.host}/infra-ci:latest`],
				...['  Deployment acme/infra-ci pulls it at its next start on a node that lacks it', ''],
				...[`intact: ${registry.host}/web:v1`],
				...['  Deployment acme/web pulls it at its next start on a node that lacks it', ''],
			].join('\n'),
		);
		expect(exitCode).toBe(3);
	});

	it('--json has every use', async () => {
		const {exitCode, stdout} = await usage([`${pulledAs}/web:v1`, '--json']);

		expect(JSON.parse(stdout)).toMatchObject({
			schema: 'regmedic.usage/1',
			registry: registry.host,
			lookedAt: ['deployments'],
			images: [
				{
					reference: `${registry.host}/web:v1`,
					verdict: 'intact',
					usedBy: [{kind: 'Deployment', name: 'acme/web', state: 'next-start', by: 'tag'}],
				},
			],
		});
		expect(exitCode).toBe(0);
	});

	it('--images prints references alone, by which verify reaches them', async () => {
		const {exitCode, stdout} = await usage(['--images']);

		expect(stdout).toBe(`${registry.host}/infra-ci:latest\n${registry.host}/web:v1\n`);
		expect(exitCode).toBe(0);
	});

	it('says of an image that nothing uses where it looked, and where not', async () => {
		const {exitCode, stdout} = await usage([`${registry.host}/web:v1`], {images: ['other:v1']});

		expect(stdout.replace(/\s+/g, ' ')).toMatch(/ no use found in: deployments \(.*\); not looked at: pods/);
		expect(exitCode).toBe(0);
	});

	it('says that the use is not known where the list is empty: nobody can tell what was looked for', async () => {
		const {stdout} = await usage([`${registry.host}/web:v1`], {images: []});

		expect(stdout).toContain('its use is not known');
	});

	it('of a registry that does not respond exits 8: it is not known whether they are whole', async () => {
		const {exitCode, stdout} = await usage([], {url: `http://127.0.0.1:${await freePort()}`});

		expect(stdout).toMatch(/unknown: /);
		expect(exitCode).toBe(8);
	});

	it('without a source says what to configure', async () => {
		const {exitCode, stderr} = await login.run(['usage', `${registry.host}/web:v1`]);

		expect(stderr).toContain('usage: {kubectl: {context: NAME}}');
		expect(exitCode).toBe(4);
	});
});
