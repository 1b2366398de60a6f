import type {IncomingMessage} from 'node:http';
import {describe, expect, it} from 'vitest';
import {parseReference} from '../../../src/domain/image/reference.ts';
import {sayChange} from '../../../src/domain/incident/change.ts';
import {registryRefetch} from '../../../src/engine/actions/registry-refetch.ts';
import {connect, listen} from '../../adapters/registry/server.ts';
import {contextWith, digestOf} from '../../support/fake-ports.ts';

const manifest = digestOf(Buffer.from('manifest'));
const layer = digestOf(Buffer.from('layer'));

/** The gate of a refetch, with an upstream that answers with these headers. `asked`: the requests that it got. */
async function gateWith(headers: Record<string, string> | 'down', {pulls = 1} = {}) {
	await using upstream = await listen((_, response) => {
		if (headers === 'down') {
			response.destroy();
		} else {
			response.writeHead(200, headers).end();
		}
	});
	const registry = connect(upstream);
	const context = contextWith({upstream: registry});
	const inputs = {
		image: parseReference('cache.example/acme/app:v1'),
		digests: pulls === 0 ? [layer] : [manifest, layer],
		pulls,
		damaged: undefined,
		lacks: [],
	};
	const asked: IncomingMessage[] = upstream.requests;
	try {
		const gate = await registryRefetch.gate!(inputs as never, context);
		return {said: gate.changes.flatMap(sayChange).join('\n'), asked, logged: context.logged};
	} catch (error) {
		return {said: (error as Error).message, asked, logged: context.logged};
	} finally {
		await registry.close();
	}
}

/** As Docker Hub documents them. @see docs.docker.com/docker-hub/usage/pulls */
const left = (remaining: number) => ({
	'ratelimit-limit': '100;w=21600',
	'ratelimit-remaining': `${remaining};w=21600`,
	'docker-ratelimit-source': '192.0.2.1',
});

describe('the gate of a refetch by a cache', () => {
	it('says what the upstream’s limit leaves, asked for by a HEAD, which is no pull', async () => {
		const {said, asked} = await gateWith(left(76));

		expect(said).toContain('1 of them is a manifest, and counts as a pull');
		expect(said).toContain('upstream: 76 of 100 requests are left in 6 h, as this machine sees it');
		expect(asked.map(({method, url}) => `${method} ${url}`)).toEqual([`HEAD /v2/acme/app/manifests/${manifest}`]);
	});

	it('refuses where fewer pulls are left than it needs', async () => {
		const {said} = await gateWith(left(0));

		expect(said).toMatch(/^127\.0\.0\.1:\d+: 0 of 100 requests are left in 6 h; 1 pull is needed\.$/);
	});

	it('says that it is unknown where the upstream says nothing of a limit, or does not respond', async () => {
		expect((await gateWith({})).said).toContain('how many pulls the upstream still allows is unknown');
		const {said, logged} = await gateWith('down');
		expect(said).toContain('how many pulls the upstream still allows is unknown');
		expect(logged.join()).toContain('The limit of the upstream is not known');
	});

	it('asks nobody where only layers are fetched, which count as no pull', async () => {
		const {said, asked} = await gateWith(left(0), {pulls: 0});

		expect(said).not.toContain('upstream:');
		expect(asked).toEqual([]);
	});
});
