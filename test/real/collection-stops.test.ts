import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {mkdir, rm, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {createLocalShell} from '../../src/adapters/ssh/local.ts';
import {createStorage} from '../../src/adapters/storage/storage.ts';
import {preflightOf, runPreflight} from '../../src/commands/audit/preflight.ts';
import {assess} from '../../src/domain/storage/findings/assess.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {createNonces} from '../support/nonces.ts';
import {processes} from '../support/processes.ts';
import {describeReal, locate, temporaryFolder} from '../support/real.ts';
import {isSweep} from '../support/sweep.ts';

const {signal} = new AbortController();
const role = 'authoritative';
const hex = 'ab'.padEnd(64, '0');
const app = 'repositories/acme/app';
const revisions = `${app}/_manifests/revisions`;
const current = `${app}/_manifests/tags/v1/current/link`;

type Damage = (put: (at: string, content?: string) => Promise<void>, store: Store) => Promise<unknown>;
type Stop = {
	path: string;
	collection: 'every' | 'with -m';
	removed: 'nothing' | 'manifest-links';
	first: 'repair' | 'move-away';
};

const everyAtOnce = (at: string, first: Stop['first'] = 'move-away'): Stop => ({
	path: at,
	collection: 'every',
	removed: 'nothing',
	first,
});
const untaggedAtOnce = (at: string, first: Stop['first'] = 'move-away'): Stop => ({
	path: at,
	collection: 'with -m',
	removed: 'nothing',
	first,
});
const afterLinks = (at: string): Stop => ({
	path: at,
	collection: 'every',
	removed: 'manifest-links',
	first: 'move-away',
});
const inBase =
	(at: string, write: (file: string) => Promise<unknown>): Damage =>
	async (_, {base}) => {
		await rm(path.join(base, at), {recursive: true, force: true});
		return write(path.join(base, at));
	};

/** `content` undefined: a folder. */
const at =
	(where: string, content?: string): Damage =>
	put =>
		put(where, content);

const cases: [what: string, damage: Damage, stop: Stop | undefined][] = [
	['nothing amiss', async () => {}, undefined],
	['a stray file in tags/', at(`${app}/_manifests/tags/.nfs1`, 'x'), untaggedAtOnce(`${app}/_manifests/tags/.nfs1`)],
	['a stray folder in tags/', at(`${app}/_manifests/tags/.snapshot`), undefined],
	[
		'a file with the name of a tag',
		at(`${app}/_manifests/tags/v9`, 'x'),
		untaggedAtOnce(`${app}/_manifests/tags/v9`, 'repair'),
	],
	[
		'a damaged link in a stray folder in tags/',
		at(`${app}/_manifests/tags/.old/current/link`, 'x'),
		untaggedAtOnce(`${app}/_manifests/tags/.old/current/link`),
	],
	['a tag link without a digest', at(current, 'x'), untaggedAtOnce(current, 'repair')],
	['a tag link with a newline', at(current, `sha256:${hex}\n`), untaggedAtOnce(current, 'repair')],
	['an empty tag link', at(current, ''), untaggedAtOnce(current, 'repair')],
	['a folder in the place of a tag link', inBase(current, file => mkdir(file)), untaggedAtOnce(current, 'repair')],
	[
		'a tag link that leads in a circle',
		inBase(current, file => symlink('link', file)),
		untaggedAtOnce(current, 'repair'),
	],
	['a tag link that leads to nothing', inBase(current, file => symlink('/nowhere', file)), undefined],
	['a tag without a link', inBase(current, async () => {}), undefined],
	[
		'a tag link without a digest beside manifests whose folder is gone',
		async (put, store) => {
			await put(current, 'x');
			await rm(path.join(store.base, revisions), {recursive: true});
		},
		undefined,
	],
	[
		'a tag link without a digest in a repository without _layers',
		async (put, store) => {
			await put(current, 'x');
			await rm(path.join(store.base, app, '_layers'), {recursive: true});
		},
		undefined,
	],
	[
		'no folder of tags',
		inBase(`${app}/_manifests/tags`, async () => {}),
		untaggedAtOnce(`${app}/_manifests/tags`, 'repair'),
	],
	[
		'a revision link without a digest',
		async (put, {base}) => {
			const digest = readFileSync(path.join(base, current), 'utf8').replace(':', '/');
			await put(`${revisions}/${digest}/link`, 'x');
		},
		everyAtOnce(`${revisions}/DIGEST/link`, 'repair'),
	],
	[
		'a stray link among the revisions',
		at(`${revisions}/sha256/stray/link`, 'x'),
		everyAtOnce(`${revisions}/sha256/stray/link`),
	],
	['a stray folder among the revisions', at(`${revisions}/sha256/stray`), undefined],
	['_layers below an invalid repository name', at('repositories/Bad/_layers'), everyAtOnce('repositories/Bad/_layers')],
	['_layers below no repository name', at('repositories/_layers'), everyAtOnce('repositories/_layers')],
	[
		'a file _layers below an invalid name',
		at('repositories/acme/app_/_layers', 'x'),
		everyAtOnce('repositories/acme/app_/_layers'),
	],
	['an invalid name without _layers', at('repositories/Bad/_manifests'), undefined],
	['an invalid name in a folder that is not read', at('repositories/_trash/Bad/_layers'), undefined],
	['a stray data among the blobs', at('blobs/sha256/ab/stray/data', 'x'), afterLinks('blobs/sha256/ab/stray/data')],
	['data among the algorithms', at('blobs/data', 'x'), afterLinks('blobs/data')],
	['a folder named data', at('blobs/sha256/ab/stray/data'), undefined],
	['a stray file in a folder of blobs', at('blobs/sha256/ab/.nfs1', 'x'), undefined],
	[
		'data below another algorithm',
		at(`blobs/sha256.old/ab/${hex}/data`, 'x'),
		afterLinks(`blobs/sha256.old/ab/${hex}/data`),
	],
];

/** What an ordinary run shows of it. */
const first = [
	'a stray file in tags/',
	'a stray folder in tags/',
	'a tag link without a digest',
	'_layers below an invalid repository name',
	'a stray data among the blobs',
];

describeReal('where a garbage collection stops, as 2.8 does it', ['docker-registry'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	const shell = createLocalShell({processes, nonce: createNonces()});
	const program = () => locate('docker-registry')!;

	beforeAll(async () => {
		temporary = await temporaryFolder();
	});

	afterAll(() => temporary[Symbol.asyncDispose]());

	/** Two indexes with a child each. */
	async function filled(name: string, damage: Damage): Promise<{store: Store; config: string}> {
		const store = openStore(path.join(temporary.folder, name));
		const single = {platforms: ['linux/amd64'], attestations: false};
		await store.push('acme/app', 'v1', buildImage({seed: 'acme', ...single}));
		await store.push('zeta/app', 'v1', buildImage({seed: 'zeta', ...single}));
		const put = async (where: string, content?: string) => {
			const file = path.join(store.base, where);
			await mkdir(content === undefined ? file : path.dirname(file), {recursive: true});
			await (content === undefined ? undefined : writeFile(file, content));
		};
		await damage(put, store);
		const config = path.join(temporary.folder, `${name}.yml`);
		await writeFile(config, `version: 0.1\nstorage:\n  filesystem: {rootdirectory: ${store.root}}\n`);
		return {store, config};
	}

	async function foretold(store: Store, config: string) {
		const reached = createStorage({shell, root: store.root});
		const {dryRun, storage} = preflightOf(`${program()} garbage-collect --dry-run -m ${config}`, reached);
		const preflights = await runPreflight(dryRun, storage, {role, signal});
		return {preflights, scan: assess(await storage.list({signal}), {role})};
	}

	const links = ({base}: Store) =>
		spawnSync('sh', ['-c', `find ${base}/repositories -path '*revisions*' -name link | wc -l`], {encoding: 'utf8'})
			.stdout;
	const collect = (options: string[], config: string) =>
		spawnSync(program(), ['garbage-collect', ...options, config]).status;

	test.each(cases.filter(([what]) => isSweep || first.includes(what)))('%s', async (what, damage, stop) => {
		const {store, config} = await filled(what.replaceAll(/\W/g, '-'), damage);

		const {preflights, scan} = await foretold(store, config);

		const masked = (text: string) => text.replace(/sha256\/[0-9a-f]{64}\/link/, 'DIGEST/link');
		const found = scan.harmless?.collectionStops?.map(each => ({...each, path: masked(each.path)}));
		expect(found).toEqual(stop === undefined ? [] : [stop]);

		// Without -m first: it removes no links.
		const before = links(store);
		for (const [options, preflight] of [[[], preflights[1]!] as const, [['-m'], preflights[0]!] as const]) {
			const isStopped = stop?.collection === 'every' || (stop !== undefined && options.length > 0);
			expect(
				preflight.stops?.map(({path: where}) => masked(where)),
				options.join(),
			).toEqual(isStopped ? [stop.path] : undefined);
			expect(preflight.failure?.stage).toBe(isStopped ? (stop.removed === 'nothing' ? 'mark' : 'sweep') : undefined);
			expect(collect([...options], config)).toBe(isStopped ? 1 : 0);
			expect(links(store) === before).toBe(options.length === 0 || (isStopped && stop.removed === 'nothing'));
		}
	});

	test('data in another folder: only a real run fails, after the links, and the preflight says so', async () => {
		const moved = `blobs/old/sha256/ab/${hex}/data`;
		const {store, config} = await filled('moved', at(moved, 'x'));
		const before = links(store);

		const [withUntagged] = (await foretold(store, config)).preflights;

		expect(withUntagged).toMatchObject({
			complete: false,
			gaps: [expect.stringMatching(`a real run fails at blob sha256:${hex}`)],
		});
		expect(withUntagged?.failure).toBeUndefined();
		expect(collect(['-m'], config)).toBe(1);
		expect(links(store)).not.toBe(before);
	});
});
