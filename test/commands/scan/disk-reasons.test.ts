import {execFile} from 'node:child_process';
import {cp, mkdir, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Finding} from '../../../src/domain/storage/findings/finding.ts';
import {type BuiltImage, buildImage} from '../../../src/drills/images/image.ts';
import {openStore, type Store} from '../../../src/drills/images/store.ts';
import {type Login, openLogin} from '../../support/cli.ts';

const run = promisify(execFile);
const damageScript = path.join(import.meta.dirname, '../../cases/disk-reasons/damage.sh');

/** One manifest, one layer, no index. */
function single(seed: string): BuiltImage {
	const {manifests, blobs} = buildImage({seed, platforms: ['linux/amd64'], attestations: false, layers: 1});
	return {index: manifests[0]!, manifests: [], blobs};
}

const first = single('first');
const second = single('second');
const layer = first.blobs[1]!.digest;

let login: Login;
let intact: Store;

beforeAll(async () => {
	login = await openLogin();
	intact = openStore(path.join(login.folder, 'intact'));
	await intact.push('acme/app', 'v1', first);
	await intact.push('team/two', 'v1', single('two'));
});

afterAll(() => login[Symbol.asyncDispose]());

/** A copy of the intact store with this damage, of which nobody knows when it happened. */
async function damaged(what: string, change: (store: Store) => Promise<unknown> = async () => {}): Promise<Store> {
	const store = openStore(path.join(login.folder, `${what}-${Math.random()}`));
	await cp(intact.root, store.root, {recursive: true});
	await change(store);
	await run('sh', [damageScript, store.root, what]);
	return store;
}

type Scan = {complete: boolean; gaps: string[]; findings: Finding[]; leftovers: {images: number; findings: Finding[]}};

async function scan(
	store: Store,
	...options: string[]
): Promise<{exitCode: number | null; scan: Scan; stdout: string}> {
	const {exitCode, stdout} = await login.run(['scan', '--path', store.root, '--json', ...options]);
	return {exitCode, stdout, scan: JSON.parse(stdout) as Scan};
}

// One after the other: a script that damages one store may be a tag cleaner of any.
describe('what is not as a registry would have left it has its own reason:', () => {
	it('an intact store has none', async () => {
		expect(await scan(intact)).toMatchObject({exitCode: 0, scan: {complete: true, gaps: [], findings: []}});
	});

	it('a folder in the place of a tag’s link', async () => {
		const {exitCode, scan: found} = await scan(await damaged('tag-link-folder'));

		expect(exitCode).toBe(3);
		expect(found).toMatchObject({
			complete: true,
			gaps: [],
			findings: [
				{
					kind: 'link-malformed',
					repository: 'acme/app',
					tags: ['v1'],
					remedy: 'relink',
					detail: expect.stringMatching(
						/^a folder is in the place of the link of tag v1: it has to be moved aside first/,
					),
					aside: [{path: 'repositories/acme/app/_manifests/tags/v1/current/link', is: 'folder'}],
				},
			],
		});
	});

	it('a folder in the place of a layer’s link', async () => {
		const {exitCode, scan: found} = await scan(await damaged('layer-link-folder'));

		expect(exitCode).toBe(3);
		expect(found).toMatchObject({
			complete: true,
			findings: [{kind: 'link-malformed', digest: layer, tags: ['v1'], aside: [{is: 'folder'}]}],
		});
	});

	it('a folder in the place of a layer’s data', async () => {
		const {exitCode, scan: found} = await scan(await damaged('layer-data-folder'));

		expect(exitCode).toBe(3);
		expect(found).toMatchObject({
			complete: true,
			findings: [
				{
					kind: 'layer-missing',
					digest: layer,
					tags: ['v1'],
					remedy: 'rebuild',
					detail: expect.stringContaining('it has to be moved aside first'),
					aside: [{is: 'folder'}],
				},
			],
		});
	});

	it('the disk of an object store', async () => {
		const store = await damaged('object-store');

		const {exitCode, stderr} = await login.run(['scan', '--path', store.root]);

		expect(exitCode).toBe(4);
		expect(stderr).toContain('is the disk of an object store');
		expect(stderr).toMatch(/Check the images through the registry instead: `regmedic probe .*`regmedic verify/);
	});

	it('a tag without a link, whose history names one whole image', async () => {
		const {exitCode, scan: found} = await scan(await damaged('no-current-link'));

		expect(exitCode).toBe(3);
		expect(found.findings).toMatchObject([
			{
				kind: 'tag-dangling',
				tags: ['v1'],
				remedy: 're-point',
				history: [{tag: 'v1', digest: first.index.digest, named: '2026-11-01T00:00:00Z'}],
			},
		]);
	});

	it('a tag without a link, whose newest image is damaged: the older one is offered', async () => {
		const store = await damaged('no-current-link', async each => {
			await each.push('acme/app', 'v1', second);
			await rm(path.dirname(each.blobFile(second.blobs[1]!.digest)), {recursive: true});
		});

		const {scan: found} = await scan(store);
		const {stdout} = await login.run(['scan', '--path', store.root]);

		expect(found.findings).toMatchObject([
			{
				kind: 'tag-dangling',
				remedy: 're-point',
				detail: 'tag v1 has no current/link; its history names 2 images',
				history: [{digest: first.index.digest}],
			},
		]);
		expect(stdout).toContain('A tag can be set back to an image that is still whole on the disk:');
		expect(stdout).toContain(`acme/app:v1 to ${first.index.digest.slice(0, 19)}`);
	});

	it('a file that a collection stops at is named', async () => {
		const {stdout, exitCode} = await login.run(['scan', '--path', (await damaged('stray-file')).root]);

		expect(exitCode).toBe(0);
		expect(stdout.replaceAll('\n  ', ' ')).toContain(
			'A garbage collection with -m stops at repositories/acme/app/_manifests/tags/.nfs0001: move it away first.',
		);
	});

	it('an OCI layout, which is no store', async () => {
		const layout = path.join(login.folder, 'layout');
		await mkdir(path.join(layout, 'blobs/sha256'), {recursive: true});
		await writeFile(path.join(layout, 'blobs/sha256', layer.slice('sha256:'.length)), first.blobs[1]!.bytes);

		const {exitCode, stderr} = await login.run(['scan', '--path', layout]);

		expect(exitCode).toBe(4);
		expect(stderr).toContain('its blobs lie as in an OCI layout');
	});
});

describe('a damaged image without a tag', () => {
	const replaced = async (store: Store) => {
		await store.push('acme/app', 'v1', second);
		await rm(path.dirname(store.blobFile(layer)), {recursive: true});
	};

	it('is a leftover: counted in one line, no finding, and the exit code is 0', async () => {
		const store = await damaged('nothing', replaced);

		const {exitCode, scan: found} = await scan(store);
		const {stdout} = await login.run(['scan', '--path', store.root]);

		expect(exitCode).toBe(0);
		expect(found).toMatchObject({
			complete: true,
			findings: [],
			leftovers: {images: 1, findings: [{kind: 'layer-missing', digest: layer, tags: []}]},
		});
		expect(stdout.trimEnd().split('\n').slice(-2)).toEqual([
			'No fault found.',
			'1 leftover: damaged, but without a tag, so no pull by tag needs it.',
		]);
	});

	it('hides no damage that a tag has as well', async () => {
		const store = await damaged('nothing', async each => {
			await replaced(each);
			await each.push('acme/app', 'v0', {...first, blobs: first.blobs.filter(({digest}) => digest !== layer)});
		});

		expect(await scan(store)).toMatchObject({
			exitCode: 3,
			scan: {findings: [{kind: 'layer-missing', tags: ['v0']}], leftovers: {images: 0}},
		});
	});
});
