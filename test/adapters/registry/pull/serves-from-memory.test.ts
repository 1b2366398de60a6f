import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {buildImage} from '../../../../src/drills/images/image.ts';
import {openStore} from '../../../../src/drills/images/store.ts';
import type {Dialect} from '../../../../src/drills/registry/dialect.ts';
import {startRegistry} from '../../../../src/drills/registry/server.ts';
import {createTempFolder} from '../../../support/temp-folder.ts';
import {connect, listen} from '../server.ts';

const {index} = buildImage({seed: 'memory'});
const {signal} = new AbortController();
type Headers = Record<string, string>;

/** As distribution 3.1.1 responds once it has served the manifest. */
const blobOf3: Headers = {'docker-content-digest': index.digest, etag: `"${index.digest}"`};
const baseOf3: Headers = {
	'content-type': 'application/json',
	'docker-distribution-api-version': 'registry/2.0',
};

async function ask(answers: {head?: number; blob?: Headers; base?: Headers; text?: string}): Promise<boolean> {
	const {head = 200, blob = blobOf3, base = baseOf3, text = '{}'} = answers;
	await using server = await listen(({url}, response) => {
		if (url === '/v2/') {
			response.writeHead(200, base).end(text);
		} else {
			response.writeHead(head, blob).end();
		}
	});
	await using registry = connect(server);
	const proven = await registry.servesFromMemory('acme/app', index.digest, {signal});
	expect(server.requests.every(({method}) => method === 'HEAD' || method === 'GET')).toBe(true);
	return proven;
}

test('a manifest that is served as a blob proves the memory of distribution 3.x', async () => {
	expect(await ask({})).toBe(true);
});

test.each<[string, Parameters<typeof ask>[0]]>([
	['no memory, or 2.8', {head: 404}],
	['a refusal', {head: 403}],
	['another store, which keeps manifests and layers together', {blob: {'docker-content-digest': index.digest}}],
	[
		'a 2.8 with a manifest link among its layers',
		{base: {...baseOf3, 'content-type': 'application/json; charset=utf-8'}},
	],
	['GitLab', {base: {...baseOf3, 'gitlab-container-registry-version': '4.0.0-gitlab'}}],
	['a base without the header of distribution', {base: {'content-type': 'application/json'}}],
	['a base with another text', {text: ''}],
])('%s proves nothing', async (_, answers) => {
	expect(await ask(answers)).toBe(false);
});

test.each<[Dialect, boolean]>([
	['2.8', false],
	['3.1', true],
])('of a simulated %s that has served the manifest: %s', async (dialect, proven) => {
	const root = await createTempFolder();
	const store = openStore(root);
	await mkdir(path.join(store.base, 'repositories'), {recursive: true});
	await store.push('acme/app', 'v1', buildImage({seed: 'memory'}));
	const simulator = await startRegistry({root, dialect});
	onTestFinished(() => simulator.close());
	await using registry = connect(simulator);
	expect(await registry.servesFromMemory('acme/app', index.digest, {signal})).toBe(false);

	expect(await registry.manifest('acme/app', 'v1', {signal})).toMatchObject({state: 'found'});

	expect(await registry.servesFromMemory('acme/app', index.digest, {signal})).toBe(proven);
});
