import path from 'node:path';
import {expect, test} from 'vitest';
import {buildImage} from '../../../src/drills/images/image.ts';
import {type Loopback, listen} from '../../adapters/registry/server.ts';
import {openLogin} from '../../support/cli.ts';

const image = buildImage({seed: 'estimate'});
const tags: Record<string, string[]> = {'acme/app': ['1', '2', 'latest'], 'acme/base': ['latest']};

/** A registry of two repositories, whose tags all name one image. */
function serve(): Promise<Loopback> {
	return listen((request, response) => {
		const {pathname} = new URL(request.url!, 'http://x');
		const [, repository = '', part, reference] =
			/^\/v2\/(.+)\/(tags|manifests|blobs)\/(.+)$/.exec(decodeURIComponent(pathname)) ?? [];
		const found = [image.index, ...image.manifests, ...image.blobs].find(({digest}) => digest === reference);
		if (pathname === '/v2/_catalog') {
			response.end(JSON.stringify({repositories: Object.keys(tags)}));
		} else if (part === 'tags') {
			response.end(JSON.stringify({tags: tags[repository]}));
		} else {
			const {bytes, ...rest} = found ?? image.index;
			const type = 'mediaType' in rest ? (rest.mediaType as string) : 'application/octet-stream';
			response.writeHead(200, {'content-type': type, 'content-length': bytes.length}).end(bytes);
		}
	});
}

const kinds = ({requests}: Loopback) =>
	Object.groupBy(requests.splice(0), ({url}) => /manifests|blobs|tags|_catalog/.exec(url!)?.[0] ?? 'other');

test('an estimate requests lists only, says at least as much as a probe requests, and with an inventory requests nothing', async () => {
	await using login = await openLogin();
	await using server = await serve();
	const inventory = path.join(login.folder, 'inventory.jsonl');
	const estimate = async (...more: string[]) => {
		const {stdout, exitCode} = await login.run(['probe', server.host, '--estimate', '--json', ...more]);
		expect(exitCode).toBe(0);
		return JSON.parse(stdout);
	};

	const listed = await estimate();
	const made = kinds(server);
	expect(listed).toMatchObject({
		basis: 'lists',
		repositories: 2,
		tags: 4,
		requests: {lists: listed.made, manifests: 4},
	});
	expect(Object.keys(made).toSorted()).toEqual(['_catalog', 'tags']);
	expect(listed.made).toBe(Object.values(made).flat().length);

	await login.run(['probe', server.host, '--inventory', inventory]);
	const probed = kinds(server);
	expect(probed.manifests!.length).toBeGreaterThanOrEqual(listed.requests.manifests);
	expect(probed.tags!.length + probed._catalog!.length).toBe(listed.made);

	expect(await estimate('--inventory', inventory)).toMatchObject({
		basis: 'inventory',
		repositories: 2,
		requests: {lists: 3, manifests: 4},
		made: 0,
	});
	expect(server.requests).toEqual([]);
	const {stdout} = await login.run(['probe', server.host, '--estimate', '--inventory', inventory]);
	expect(stdout).toContain('No request was made.');
	expect(stdout).toContain('manifests: at least 4.');
});
