import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {listen, specError} from '../adapters/registry/server.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {config, image} from '../support/image-parts.ts';
import {describeReal, startDockerRegistry, temporaryFolder} from '../support/real.ts';

/** A list that ends early never passes for a whole one. */

let login: Login;
beforeAll(async () => {
	login = await openLogin();
});
afterAll(() => login[Symbol.asyncDispose]());

async function probe(host: string, ...more: string[]) {
	const {exitCode, stdout, stderr} = await login.run(['probe', host, ...more]);
	return {exitCode, stdout, stderr, report: more.includes('--json') ? JSON.parse(stdout) : undefined};
}

describeReal('distribution 2.8 with one name a page, of which two are nested', ['docker-registry'], () => {
	let place: Awaited<ReturnType<typeof temporaryFolder>>;
	let registry: Awaited<ReturnType<typeof startDockerRegistry>>;

	beforeAll(async () => {
		place = await temporaryFolder();
		const root = path.join(place.folder, 'root');
		await mkdir(root);
		const store = openStore(root);
		const broken = buildImage({seed: 'c', layers: 1});
		await store.push('b/app', 'v1', buildImage({seed: 'b/app', layers: 1}));
		await store.push('b/app/2', 'v1', buildImage({seed: 'b/app/2', layers: 1}));
		await store.push('c', 'v1', broken);
		await store.remove(store.revisionLink('c', broken.index.digest));
		registry = await startDockerRegistry({root, folder: place.folder, pageSize: 1});
	});

	afterAll(async () => {
		await registry?.stop();
		await place?.[Symbol.asyncDispose]();
	});

	test('the registry ends its list after the first name, and never lists the parent', async () => {
		const ask = async (query: string) => {
			const response = await fetch(`http://${registry.host}/v2/_catalog${query}`);
			return [
				response.status,
				response.headers.get('link'),
				((await response.json()) as {repositories?: string[]}).repositories,
			];
		};

		expect(await ask('?n=1000')).toEqual([400, null, undefined]);
		expect(await ask('')).toEqual([200, null, ['b/app/2']]);
		expect(await ask('?last=b/app/2')).toEqual([200, null, ['c']]);
		expect(await ask('?last=c')).toEqual([200, null, []]);
	});

	test('all three repositories are checked, and the broken one is found', async () => {
		const {exitCode, report} = await probe(registry.host, '--json');

		expect(exitCode).toBe(3);
		expect(report).toMatchObject({
			catalog: true,
			listed: 2,
			list: {ended: 'checked', pages: 3, omitted: ['b/app']},
			repositories: 3,
			tags: 3,
			failures: 1,
			unknown: 0,
		});
		expect(report.images.map(({reference}: {reference: string}) => reference)).toEqual([`${registry.host}/c:v1`]);
	});

	test('the text says how the list ended, and what it leaves out', async () => {
		const {stdout} = await probe(registry.host);

		expect(stdout.replace(/\s+/g, ' ')).toContain(
			'The catalogue lists 2 repositories. A page without a Link may have been cut off; regmedic requested the names after it until nothing new came. The catalogue omits b/app, because one of its pages ends in a repository below. regmedic checked it, too.',
		);
	});
});

describe('five repositories in pages of two, of which e:v1 is broken', () => {
	const {bytes, mediaType, needs} = image({config: config('small'), layers: []});
	const [configuration] = needs;

	async function serve(link: (target: string) => string | undefined) {
		return listen((request, response) => {
			const {pathname, searchParams} = new URL(request.url!, 'http://acme.example');
			const missing = () => response.writeHead(404).end(specError('MANIFEST_UNKNOWN', 'manifest unknown'));
			if (pathname === '/v2/_catalog') {
				const rest = ['a', 'b', 'c', 'd', 'e'].filter(name => name > (searchParams.get('last') ?? ''));
				const repositories = rest.slice(0, 2);
				const header = rest.length > 2 ? link(`/v2/_catalog?last=${repositories[1]}&n=2`) : undefined;
				response.writeHead(200, header === undefined ? {} : {link: header}).end(JSON.stringify({repositories}));
			} else if (pathname.endsWith('/tags/list')) {
				response.end('{"tags":["v1"]}');
			} else if (pathname.endsWith(configuration!.digest)) {
				response.writeHead(200, {'content-length': configuration!.bytes.length});
				response.end(request.method === 'HEAD' ? '' : configuration!.bytes);
			} else if (pathname.includes('/manifests/') && !pathname.startsWith('/v2/e/')) {
				response.writeHead(200, {'content-type': mediaType}).end(bytes);
			} else {
				missing();
			}
		});
	}

	test.each([
		['plain', (target: string) => `<${target}>; rel="next"`, 'by-itself'],
		['without brackets', (target: string) => `${target}; rel="next"`, 'by-itself'],
		[
			'in single quotes, to a host of another name',
			(target: string) => `<https://registry:5000${target}>; rel='next'`,
			'by-itself',
		],
		['taken away by a proxy', () => undefined, 'checked'],
	])('with a Link that is %s, all five are checked', async (_, link, ended) => {
		await using server = await serve(link);

		const {exitCode, report} = await probe(server.host, '--json', '--depth', 'head');

		expect(exitCode).toBe(3);
		expect(report).toMatchObject({catalog: true, listed: 5, list: {ended}, repositories: 5, failures: 1});
		expect(report.images[0].reference).toBe(`${server.host}/e:v1`);
	});

	test('with a Link that cannot be read, the catalogue is not called whole', async () => {
		await using server = await serve(target => `<${target}`);

		const {exitCode, report} = await probe(server.host, '--json', '--depth', 'head');
		const {stdout} = await probe(server.host, '--depth', 'head');

		expect(exitCode).toBe(8);
		expect(report).toMatchObject({catalog: false, listed: 2, list: {ended: 'no'}, repositories: 2, failures: 0});
		expect(report.failure).toMatchObject({code: 'registry.list-unreadable'});
		const words = stdout.replace(/\s+/g, ' ');
		expect(words).toContain(
			'sent a Link header that cannot be read: </v2/_catalog?last=b&n=2 (registry.list-unreadable)',
		);
		expect(words).toContain('The catalogue listed 2 repositories and was not read to its end.');
	});
});
