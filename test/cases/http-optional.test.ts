import {execFile} from 'node:child_process';
import {mkdir, mkdtemp, truncate} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {ImageCheck} from '../../src/domain/image/verdict.ts';
import {type BuiltImage, buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {listen, specified} from '../adapters/registry/server.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {blob, config, gzipLayer, image} from '../support/image-parts.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {type Refusal, refusingProxy} from '../support/refusing-proxy.ts';
import {isSweep} from '../support/sweep.ts';

const run = promisify(execFile);
type Image = 'app:latest' | 'gone:v1' | 'cut:v1';
type Row = Refusal & {image: Image; depth: 'head' | 'edge'; fault?: string};

const app = {image: 'app:latest'} as const;
const rows: Row[] = [
	{...app, what: 'head', status: 400, depth: 'head'},
	{...app, what: 'head', status: 403, depth: 'head'},
	{...app, what: 'head', status: 400, byStore: true, depth: 'head'},
	{...app, what: 'head', status: 403, byStore: true, depth: 'head'},
	{...app, what: 'suffix', status: 400, depth: 'edge'},
	{...app, what: 'suffix', status: 405, depth: 'edge'},
	{...app, what: 'suffix', status: 501, depth: 'edge'},
	{...app, what: 'suffix', status: 403, byStore: true, depth: 'edge'},
	{...app, what: 'suffix', status: 501, byStore: true, depth: 'edge'},
	{...app, what: 'range', status: 400, depth: 'edge'},
	{...app, what: 'range', status: 403, depth: 'edge'},
	{...app, what: 'range', status: 501, depth: 'edge'},
	{image: 'gone:v1', what: 'head', status: 403, depth: 'head', fault: 'layer-missing'},
	{image: 'cut:v1', what: 'suffix', status: 501, depth: 'edge', fault: 'blob-truncated'},
];
const moreRows: Row[] = [
	{...app, what: 'head', status: 404, depth: 'head'},
	{...app, what: 'head', status: 500, depth: 'head'},
	{...app, what: 'head', status: 405, depth: 'head'},
	{...app, what: 'suffix', status: 406, depth: 'edge'},
	{...app, what: 'suffix', status: 411, byStore: true, depth: 'edge'},
	{...app, what: 'suffix', status: 416, depth: 'edge'},
	{...app, what: 'range', status: 404, depth: 'edge'},
	{...app, what: 'range', status: 500, depth: 'edge'},
	{...app, what: 'range', status: 416, byStore: true, depth: 'edge'},
	{...app, what: 'range', status: 'ignored', depth: 'edge'},
	{image: 'gone:v1', what: 'range', status: 501, depth: 'edge', fault: 'layer-missing'},
	{image: 'gone:v1', what: 'head', status: 500, byStore: true, depth: 'head', fault: 'layer-missing'},
	{image: 'cut:v1', what: 'range', status: 403, depth: 'edge', fault: 'blob-truncated'},
	{image: 'cut:v1', what: 'range', status: 'ignored', depth: 'edge', fault: 'blob-truncated'},
];
const allRows = [...rows, ...moreRows];
/** A copy takes a while. */
const copiedRows = isSweep ? allRows : rows;
const titleOf = ({image, what, status, byStore, depth}: Row) =>
	`${image} ${what} ${status}${byStore ? ' by the store' : ''} at ${depth}`;

describeReal('what is optional in HTTP may be refused', ['docker-registry', 'skopeo'], () => {
	let place: Awaited<ReturnType<typeof temporaryFolder>>;
	let login: Login;
	let registry: RealRegistry;
	let store: Store;

	beforeAll(async () => {
		[place, login] = await Promise.all([temporaryFolder(), openLogin()]);
		const root = path.join(place.folder, 'root');
		await mkdir(root);
		store = openStore(root);
		const [healthy, gone, cut] = ['app', 'gone', 'cut'].map(seed => buildImage({seed, platforms: ['linux/amd64']}));
		await store.push('acme/app', 'latest', healthy!);
		await store.push('acme/gone', 'v1', gone!);
		await store.push('acme/cut', 'v1', cut!);
		const layerOf = (image: BuiltImage) => store.blobFile(image.blobs[1]!.digest);
		await store.remove(layerOf(gone!));
		await truncate(layerOf(cut!), 5);
		registry = await startDockerRegistry({root, folder: place.folder});
	});

	afterAll(async () => {
		await registry?.stop();
		await login?.[Symbol.asyncDispose]();
		await place?.[Symbol.asyncDispose]();
	});

	async function verify(references: string[], depth: string, ...more: string[]) {
		const {exitCode, stdout} = await login.run(['verify', ...references, '--depth', depth, ...more]);
		return {exitCode, stdout};
	}

	/** Whether skopeo copies the image. */
	async function copies(reference: string): Promise<boolean> {
		const target = await mkdtemp(path.join(place.folder, 'copy-'));
		return run('skopeo', ['copy', '--all', '--src-tls-verify=false', `docker://${reference}`, `dir:${target}`]).then(
			() => true,
			() => false,
		);
	}

	/** One run of verify for all the rows, each behind a proxy of its own; and what skopeo makes of each. */
	async function judge(chosen: Row[], depth: string) {
		await using proxies = new AsyncDisposableStack();
		const references: string[] = [];
		for (const row of chosen) {
			const {host} = proxies.use(await refusingProxy(registry.host, row));
			references.push(`${host}/acme/${row.image}`);
		}

		const {exitCode, stdout} = await verify(references, depth, '--json');
		const images: ImageCheck[] = JSON.parse(stdout).images;
		const copied = await Promise.all(
			references.map(async (reference, at) => (copiedRows.includes(chosen[at]!) ? copies(reference) : 'not tried')),
		);
		return {
			exitCode,
			found: chosen.map((row, at) => ({
				row: titleOf(row),
				verdict: images[at]!.verdict,
				kinds: images[at]!.faults.map(({kind}) => kind),
				isCopied: copied[at],
			})),
		};
	}

	test.each(['head', 'edge'] as const)('a whole image is intact at %s, as skopeo says', async depth => {
		const chosen = allRows.filter(row => row.fault === undefined && row.depth === depth);

		const {exitCode, found} = await judge(chosen, depth);

		expect(found).toEqual(
			chosen.map(row => ({
				row: titleOf(row),
				verdict: 'intact',
				kinds: [],
				isCopied: copiedRows.includes(row) || 'not tried',
			})),
		);
		expect(exitCode).toBe(0);
	});

	test.each(['head', 'edge'] as const)(
		'a damaged image is broken at %s for the reason that it has, as skopeo says',
		async depth => {
			const chosen = allRows.filter(row => row.fault !== undefined && row.depth === depth);

			const {exitCode, found} = await judge(chosen, depth);

			expect(found).toEqual(
				chosen.map(row => ({
					row: titleOf(row),
					verdict: 'broken',
					kinds: [row.fault],
					isCopied: copiedRows.includes(row) ? false : 'not tried',
				})),
			);
			expect(exitCode).toBe(3);
		},
	);

	test('where the plain GET is refused as well, nothing is known, whatever the image', async () => {
		const refusals = [
			{what: 'all', status: 403},
			{what: 'all', status: 403, byStore: true},
			{what: 'all', status: 405},
			{what: 'all', status: 501},
		] as const;
		const chosen = refusals.flatMap(refusal =>
			(['app:latest', 'gone:v1'] as const).map(image => ({...refusal, image, depth: 'edge' as const})),
		);

		const {exitCode, found} = await judge(chosen, 'edge');

		expect(found.map(({verdict}) => verdict)).toEqual(chosen.map(() => 'unknown'));
		expect(exitCode).toBe(8);
	});

	test.each(['range', 'suffix'] as const)(
		'a layer that the registry remembers and its disk has no longer whole is broken, though %s is refused',
		async what => {
			const warm = buildImage({seed: `warm ${what}`, platforms: ['linux/amd64']});
			await store.push('acme/warm', what, warm);
			for (const {digest} of warm.blobs) {
				await (await fetch(`http://${registry.host}/v2/acme/warm/blobs/${digest}`)).arrayBuffer();
			}

			await truncate(store.blobFile(warm.blobs[1]!.digest), 5);
			await using proxy = await refusingProxy(registry.host, {what, status: 403});

			const {exitCode, stdout} = await verify([`${proxy.host}/acme/warm:${what}`], 'edge', '--json');

			expect(exitCode).toBe(3);
			expect(JSON.parse(stdout).images[0].faults).toMatchObject([
				{kind: 'part-unserved', digest: warm.blobs[1]!.digest},
			]);
		},
	);

	test('a registry that asks for a pause is busy', async () => {
		await using proxy = await refusingProxy(registry.host, {
			what: 'range',
			status: 429,
			headers: {'retry-after': '60'},
		});

		const {exitCode, stdout} = await verify([`${proxy.host}/acme/app:latest`], 'edge');

		expect(exitCode).toBe(8);
		expect(stdout).toContain('(registry.busy)');
	});
});

describe('a registry that sends whole layers instead of their last byte', () => {
	const gibibyte = 1024 ** 3;
	const huge = blob('the beginning', gzipLayer, {size: gibibyte});
	const {bytes, mediaType, needs} = image({config: config('huge'), layers: [huge]});
	const [configuration] = needs;

	/** The layer never comes to its end. */
	const serve = () =>
		listen((request, response) => {
			if (request.method === 'HEAD') {
				response.writeHead(404).end();
			} else if (request.url === '/v2/_catalog?n=1000') {
				response.writeHead(200, specified);
				response.end('{"repositories":["acme/app"]}');
			} else if (request.url!.endsWith('/tags/list')) {
				response.writeHead(200, specified).end('{"tags":["v1"]}');
			} else if (request.url!.includes('/manifests/')) {
				response.writeHead(200, {'content-type': mediaType}).end(bytes);
			} else if (request.url!.endsWith(configuration!.digest)) {
				response.writeHead(200, {'content-length': configuration!.bytes.length}).end(configuration!.bytes);
			} else {
				response.writeHead(200, {'content-length': gibibyte}).write(huge.bytes);
			}
		});
	const worth =
		'Of 1 blob only the size was checked, because the registry sends it only whole; --depth content reads every byte.';

	test('is not made to send them, and the check says what it is worth', async () => {
		await using login = await openLogin();
		await using server = await serve();
		const reference = `${server.host}/acme/app:v1`;

		const text = await login.run(['verify', reference]);
		const json = JSON.parse((await login.run(['verify', reference, '--json'])).stdout);
		const probed = await login.run(['probe', server.host]);
		const report = JSON.parse((await login.run(['probe', server.host, '--json'])).stdout);

		const words = (output: string) => output.replace(/\s+/g, ' ');
		expect(text.exitCode).toBe(0);
		expect(words(text.stdout)).toContain(`intact: 1 manifest and 2 blobs checked. Every part exists. ${worth}`);
		expect(json).toMatchObject({requests: 4, images: [{verdict: 'intact', checked: {blobs: 2, sizeOnly: 1}}]});
		expect(words(probed.stdout)).toContain(worth);
		expect(report).toMatchObject({failures: 0, unknown: 0, sizeOnly: 1, requests: 6});
	});
});
