import {execFile} from 'node:child_process';
import {cp, mkdir} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {zstdCompressSync} from 'node:zlib';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {createRegistry} from '../../src/adapters/registry/registry.ts';
import type {Digest} from '../../src/domain/image/digest.ts';
import type {FaultKind} from '../../src/domain/image/fault.ts';
import {parseReference} from '../../src/domain/image/reference.ts';
import type {Depth, ImageCheck} from '../../src/domain/image/verdict.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {createWalker} from '../../src/engine/verify/walk-image.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {type Damage, damageTo} from '../support/damage.ts';
import {
	blob,
	config,
	everything,
	gzipLayer,
	type ImagePart,
	image,
	index,
	layer,
	on,
	plainImage,
	sha512,
	twoPlatforms,
} from '../support/image-parts.ts';
import {forms} from '../support/manifest-forms.ts';
import {artifact, dockerList, nested, sharing, withArtifact, withForeignLayers} from '../support/oddities.ts';
import {pushParts, writeParts} from '../support/push-parts.ts';
import {describeReal, locate, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {type Refusal, refusingProxy} from '../support/refusing-proxy.ts';
import {registryVersion} from '../support/registry-program.ts';
import {isSweep} from '../support/sweep.ts';

const run = promisify(execFile);
const {signal} = new AbortController();
const atATime = 8;

const caches = ['cold', 'warm'] as const;
const depths: Depth[] = ['head', 'edge', 'content'];
type Look = `${(typeof caches)[number]} ${Depth}`;
const looks = caches.flatMap(cache => depths.map((depth): Look => `${cache} ${depth}`));

/** What stands before the registry refuses. */
const refusals: Refusal[] = [
	...[400, 403, 405, 501].flatMap((status): Refusal[] => [
		{what: 'head', status},
		{what: 'suffix', status},
		{what: 'range', status},
	]),
	{what: 'head', status: 403, byStore: true},
	{what: 'suffix', status: 501, byStore: true},
	{what: 'range', status: 403, byStore: true},
	{what: 'range', status: 'ignored'},
];

type Row = {
	name: string;
	/** Its own, unless it is about the name, or shares one. */
	repository?: string;
	tag?: string;
	/** Two platforms and an attestation, unless it is about something else. */
	image?: (seed: string) => ImagePart;
	/** The registry takes no such push: written to its storage instead. */
	isWritten?: true;
	/** Pushed, and then collected by the registry's own `garbage-collect -m`. */
	isSwept?: true;
	/** @returns the digests that are then at fault */
	damage?: (it: Damage) => Promise<Digest[]>;
	/** What is found at every depth, cold and warm: nothing means that the image is intact. */
	kinds?: FaultKind[];
	/** What is found instead, where not everything shows. */
	but?: Partial<Record<Look, FaultKind[] | 'unknown'>>;
	/** What registry 3.1 shows instead, at these looks. */
	in31?: Row['but'];
};

/** Data that the cache promises and nobody delivers. */
const cutOff: Row['but'] = {'warm head': [], 'warm edge': ['part-unserved'], 'warm content': ['part-unserved']};
/** 2.8 asks the disk for links and sizes only of what it does not remember: until its restart everybody can pull. */
const servedFromMemory: Row['but'] = {'warm head': [], 'warm edge': [], 'warm content': []};
/**
 * 3.1 looks manifests up through the cache as well: one without its link is served until the restart, at every depth.
 * @see distribution v3.1.1 registry/storage/registry.go:265
 */
const manifestFromMemory = servedFromMemory;

const faulty: Row[] = [
	{name: 'a tag without current/link', damage: it => it.loseTagLink(), kinds: ['tag-dangling']},
	{name: 'a tag link that is empty', damage: it => it.writeTagLink(''), kinds: ['manifest-unreadable']},
	{name: 'a tag link that is garbage', damage: it => it.writeTagLink('garbage'), kinds: ['manifest-unreadable']},
	{
		name: 'a tag link with a newline',
		damage: it => it.writeTagLink(`${it.image.digest}\n`),
		kinds: ['manifest-unreadable'],
	},
	{
		name: 'a tag on a revision without its link',
		damage: it => it.unlinkTop(),
		kinds: ['tag-dangling'],
		in31: manifestFromMemory,
	},
	{name: 'a tag on an index whose JSON is gone', damage: it => it.loseTop(), kinds: ['tag-dangling']},
	{name: 'an index that was emptied', damage: it => it.emptyTop(), kinds: ['manifest-unreadable']},
	{
		name: 'an index that was altered and is still valid',
		damage: it => it.replace(it.image, `${it.image.bytes}\n`),
		kinds: ['manifest-unreadable'],
	},
	{
		name: 'a child without its revision link',
		damage: it => it.unlink(it.child(0)),
		kinds: ['child-missing'],
		in31: manifestFromMemory,
	},
	{name: 'a child whose JSON is gone', damage: it => it.lose(it.child(0)), kinds: ['child-missing']},
	{
		name: 'an attestation without its link, and nothing else',
		damage: it => it.unlink(it.child(1)),
		kinds: ['child-missing'],
		in31: manifestFromMemory,
	},
	{
		name: 'a child that two repositories have, without its link in the first',
		repository: 'fault/one-of-two',
		image: () => twoPlatforms('two repositories'),
		damage: it => it.unlink(it.child(0)),
		kinds: ['child-missing'],
		in31: manifestFromMemory,
	},
	{
		name: 'every child without its link',
		damage: it => each([0, 1, 2], at => it.unlink(it.child(at))),
		kinds: ['child-missing', 'child-missing', 'child-missing'],
		in31: manifestFromMemory,
	},
	{
		name: 'children taken by a real garbage-collect -m',
		isSwept: true,
		damage: async it => [...[0, 1, 2].map(at => it.child(at).digest), ...blobsBelow(it.image)],
		kinds: ['child-missing', 'child-missing', 'child-missing'],
		in31: {
			'warm head': [],
			'warm edge': Array.from({length: 7}, () => 'part-unserved' as const),
			'warm content': Array.from({length: 7}, () => 'part-unserved' as const),
		},
	},
	{
		name: 'a grandchild without its link',
		image: seed => index([twoPlatforms(seed)]),
		damage: it => it.unlink(it.child(0).needs[2]!),
		kinds: ['child-missing'],
		in31: manifestFromMemory,
	},
	{
		name: 'an index in an index without its link',
		image: seed => index([twoPlatforms(seed)]),
		damage: it => it.unlink(it.child(0)),
		kinds: ['child-missing'],
		in31: manifestFromMemory,
	},
	{name: 'a child of 0 bytes', damage: it => it.empty(it.child(0)), kinds: ['manifest-unreadable']},
	{name: 'a child that was cut', damage: it => it.cut(it.child(0)), kinds: ['manifest-unreadable']},
	{name: 'a child that is no JSON', damage: it => it.replace(it.child(0), 'gone'), kinds: ['manifest-unreadable']},
	{
		name: 'a child that was altered and is still valid',
		damage: it => it.replace(it.child(0), `${it.child(0).bytes}\n`),
		kinds: ['manifest-unreadable'],
	},
	{
		name: 'a child with one byte changed, of the same size and still valid',
		damage: it => it.replace(it.child(0), String(it.child(0).bytes).replace('"size":', '"sise":')),
		kinds: ['manifest-unreadable'],
	},
	{
		name: 'a revision link that names another manifest',
		damage: it => it.relink(it.child(0), it.child(2).digest),
		kinds: ['manifest-unreadable'],
		in31: manifestFromMemory,
	},
	{
		name: 'a revision link that is empty',
		damage: it => it.relink(it.child(0), ''),
		kinds: ['manifest-unreadable'],
		in31: manifestFromMemory,
	},
	{name: 'a config that is gone', damage: it => it.lose(it.config(0)), kinds: ['config-missing'], but: cutOff},
	{
		name: 'a config without its link',
		damage: it => it.unlink(it.config(0)),
		kinds: ['config-missing'],
		but: servedFromMemory,
	},
	{name: 'a layer that is gone', damage: it => it.lose(it.layer(0)), kinds: ['layer-missing'], but: cutOff},
	{
		name: 'a layer without its link',
		damage: it => it.unlink(it.layer(0)),
		kinds: ['layer-missing'],
		but: servedFromMemory,
	},
	{
		name: 'a layer link that is empty',
		damage: it => it.relink(it.layer(0), ''),
		// 2.8 fails and does not say why.
		kinds: [registryVersion === '2.8' ? 'part-unserved' : 'link-malformed'],
		but: servedFromMemory,
	},
	{name: 'a layer of 0 bytes', damage: it => it.empty(it.layer(0)), kinds: ['blob-empty'], but: cutOff},
	{name: 'a layer that was cut', damage: it => it.cut(it.layer(0)), kinds: ['blob-truncated'], but: cutOff},
	{
		name: 'a layer with bytes behind its end',
		damage: it => it.grow(it.layer(0)),
		kinds: ['blob-truncated'],
		but: servedFromMemory,
	},
	{
		name: 'a layer with other bytes, of the same size',
		damage: it => it.corrupt(it.layer(0)),
		kinds: ['blob-corrupt'],
		but: {'cold head': [], 'cold edge': [], 'warm head': [], 'warm edge': []},
	},
	{
		name: 'a config with other bytes, of the same size',
		damage: it => it.corrupt(it.config(2)),
		kinds: ['blob-corrupt'],
		but: {'cold head': [], 'warm head': []},
	},
	{
		name: 'a layer whose data is a folder',
		damage: it => it.makeFolder(it.layer(0)),
		kinds: ['layer-missing'],
		but: cutOff,
	},
	{
		name: 'the statement of an attestation that is gone',
		damage: it => it.lose(it.layer(1)),
		kinds: ['layer-missing'],
		but: cutOff,
	},
	{
		name: 'a layer that two tags share, under the first',
		repository: 'fault/shared',
		tag: 'first',
		image: () => sharing('first'),
		damage: it => it.lose(it.image.needs[1]!),
		kinds: ['layer-missing'],
		but: cutOff,
	},
	{
		name: 'a layer that two tags share, under the second',
		repository: 'fault/shared',
		tag: 'second',
		image: () => sharing('second'),
		damage: async it => [it.image.needs[1]!.digest],
		kinds: ['layer-missing'],
		but: cutOff,
	},
	{
		name: 'a repository whose _layers folder is gone',
		image: plainImage,
		damage: it => it.loseLayersFolder(),
		kinds: ['config-missing', 'layer-missing'],
		but: servedFromMemory,
	},
	{
		name: 'five faults in one image, all of them told',
		damage: async it => [
			...(await it.unlink(it.child(1))),
			...(await it.empty(it.layer(0, 0))),
			...(await it.cut(it.layer(0, 1))),
			...(await it.lose(it.config(2))),
			...(await it.corrupt(it.layer(2))),
		],
		kinds: ['child-missing', 'blob-empty', 'blob-truncated', 'config-missing', 'blob-corrupt'],
		but: {
			'cold head': ['child-missing', 'blob-empty', 'blob-truncated', 'config-missing'],
			'cold edge': ['child-missing', 'blob-empty', 'blob-truncated', 'config-missing'],
			'warm head': ['child-missing'],
			'warm edge': ['child-missing', 'part-unserved', 'part-unserved', 'part-unserved'],
			'warm content': ['child-missing', 'part-unserved', 'part-unserved', 'part-unserved', 'blob-corrupt'],
		},
		in31: {
			'warm head': [],
			'warm edge': ['part-unserved', 'part-unserved', 'part-unserved'],
			'warm content': ['part-unserved', 'part-unserved', 'part-unserved', 'blob-corrupt'],
		},
	},
];

const longTag = 'x'.repeat(128);
const threeTags = ['latest', 'v1', 'v1.0'];

const healthy: Row[] = [
	{name: 'two platforms and an attestation of BuildKit before 0.32'},
	{name: 'an attestation of BuildKit since 0.32', image: withArtifact},
	{name: 'a single image', image: plainImage},
	{name: 'an image that nothing names a platform for', image: seed => index([plainImage(seed)])},
	{
		name: 'an index without mediaType',
		image: seed => index([on('linux/amd64', plainImage(seed))], {mediaType: undefined}),
	},
	{
		name: 'a manifest without mediaType',
		image: seed => image({config: config(seed), layers: [layer(seed)], fields: {mediaType: undefined}}),
	},
	{name: 'an index in an index', image: seed => index([twoPlatforms(seed), on('linux/s390x', plainImage(seed))])},
	{name: 'indexes nested eight deep', image: seed => nested(seed, 8)},
	{name: 'a Docker list over schema 2', image: dockerList},
	{
		name: 'zstd and uncompressed layers',
		image: seed =>
			image({
				config: config(seed),
				layers: [
					blob(zstdCompressSync(`${seed}\n`), 'application/vnd.oci.image.layer.v1.tar+zstd'),
					blob(`${seed}, bare\n`, 'application/vnd.oci.image.layer.v1.tar'),
				],
			}),
	},
	{name: 'foreign layers that are not there, which 2.8 takes from nobody', isWritten: true, image: withForeignLayers},
	{
		name: 'a subject that does not exist',
		image: seed =>
			image({config: config(seed), layers: [layer(seed)], fields: {subject: plainImage('never pushed').descriptor}}),
	},
	{
		name: 'an index with a subject that does not exist',
		image: seed => index([plainImage(seed)], {subject: plainImage('never pushed').descriptor}),
	},
	{name: 'an OCI artifact', image: artifact},
	{
		name: 'a blob that is meant to be empty',
		image: seed =>
			image({
				config: blob('{}', 'application/vnd.acme.config'),
				layers: [blob('', 'application/octet-stream'), blob(seed, 'text/plain')],
			}),
	},
	{name: 'an image without layers', image: seed => image({config: config(seed), layers: []})},
	{
		name: 'an image whose layers are null',
		image: seed => image({config: config(seed), layers: [], fields: {layers: null}}),
	},
	{
		name: 'a config and a layer with sha512 digests, which 2.8 takes',
		image: seed => image({config: sha512(config(seed)), layers: [sha512(layer(seed))]}),
	},
	{
		name: 'a child with a sha512 digest, which 2.8 refuses to take and serves all the same',
		isWritten: true,
		image: seed => index([on('linux/amd64', sha512(plainImage(seed)))]),
	},
	...threeTags.map(tag => ({
		name: `an index that has three tags, under ${tag}`,
		repository: 'healthy/three-tags',
		tag,
		image: () => twoPlatforms('three tags'),
	})),
	{
		name: 'a layer that is there three times',
		image: seed => image({config: config(seed), layers: [layer(seed), layer(seed), layer(seed)]}),
	},
	{
		name: 'a child that is there twice',
		image: seed => index([on('linux/amd64', plainImage(seed)), on('linux/arm64', plainImage(seed))]),
	},
	{
		name: 'a manifest just below 4 MiB',
		image: seed =>
			image({
				config: config(seed),
				layers: [layer(seed)],
				fields: {annotations: {padding: 'x'.repeat(4 * 1024 * 1024 - 2048)}},
			}),
	},
	{name: 'a layer of one byte', image: seed => image({config: config(seed), layers: [blob('x', gzipLayer)]})},
	{
		name: 'data inline in descriptors',
		image: seed => {
			const inline = config(seed);
			return image({
				config: {...inline, descriptor: {...inline.descriptor, data: inline.bytes.toString('base64')}},
				layers: [layer(seed)],
			});
		},
	},
	{
		name: 'fields that nobody knows',
		image: seed => image({config: config(seed), layers: [layer(seed)], fields: {'org.acme.extra': {deep: [1, null]}}}),
	},
	{
		name: 'an image that lacks a child in another repository',
		repository: 'healthy/two-of-two',
		image: () => twoPlatforms('two repositories'),
	},
	{name: 'the whole sibling of a broken tag', repository: 'fault/shared', tag: 'third'},
	{name: 'a repository with one part', repository: 'odd'},
	{name: 'a repository below another', repository: 'odd/below'},
	{name: 'a repository four parts deep', repository: 'odd/below/that/one'},
	{name: 'a repository with every sign a name may have', repository: 'a.b__c--d/0_9'},
	{name: 'a tag of 128 characters', tag: longTag},
	{name: 'a tag of dots and underscores', tag: '_._..__-1.0'},
	{name: 'a tag that looks like a digest', tag: `sha256-${'a'.repeat(64)}.sig`},
	{
		name: 'a child that 2.8 serves by a link among the layers: over HTTP it is there',
		damage: async it => {
			const digests = await it.unlink(it.child(0));
			await it.linkAsLayer(it.child(0));
			return digests;
		},
		in31: {'cold head': ['child-missing'], 'cold edge': ['child-missing'], 'cold content': ['child-missing']},
	},
	{
		name: 'an old revision that the tag no longer names, gone',
		damage: it => it.loseHistory(),
	},
	...forms
		.filter(({kinds}) => kinds.length === 0)
		.map(({name, image}): Row => ({name: `its form is odd: ${name}`, isWritten: true, image: () => image})),
];

const blobsBelow = (part: ImagePart) => everything(part).flatMap(({role, digest}) => (role === 'blob' ? [digest] : []));

async function each<T>(items: T[], damage: (item: T) => Promise<Digest[]>): Promise<Digest[]> {
	return (await Promise.all(items.map(damage))).flat();
}

/** A few at a time. */
async function together<T>(items: T[], work: (item: T) => Promise<unknown>): Promise<void> {
	const left = items.values();
	await Promise.all(
		Array.from({length: atATime}, async () => {
			for (const item of left) {
				await work(item);
			}
		}),
	);
}

const ownRepositories = 'matrix/row-';

type Placed = Row & {repository: string; tag: string; part: ImagePart};

function place(row: Row, at: number): Placed {
	const {repository = `${ownRepositories}${at}`, tag = 'latest'} = row;
	return {...row, repository, tag, part: (row.image ?? twoPlatforms)(row.name)};
}

describeReal(`verify against distribution ${registryVersion}`, ['docker-registry'], () => {
	const rows = [...faulty, ...healthy].map(place);
	const found = new Map<Look | 'before', Map<string, ImageCheck>>();
	const damaged = new Map<string, Digest[]>();
	const servers: RealRegistry[] = [];
	let coldRoot: string;
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;

	beforeAll(async () => {
		temporary = await temporaryFolder();
		const {folder} = temporary;
		const warmRoot = path.join(folder, 'warm');
		coldRoot = path.join(folder, 'cold');
		await mkdir(warmRoot);
		const warm = await serve(warmRoot);

		// Collected before anything is there that it must not touch.
		await fill(
			warm,
			warmRoot,
			rows.filter(({isSwept}) => isSwept),
		);
		await run(locate('docker-registry')!, ['garbage-collect', '-m', warm.config]);
		await fill(
			warm,
			warmRoot,
			rows.filter(({isSwept}) => !isSwept),
		);

		await cp(warmRoot, coldRoot, {recursive: true});
		// Whoever pulls everything leaves everything in the descriptor cache.
		found.set('before', await walkAll(warm, 'content'));
		await damage(warmRoot);
		await damage(coldRoot);
		const cold = await serve(coldRoot);

		for (const depth of depths) {
			const [coldly, warmly] = await Promise.all([walkAll(cold, depth), walkAll(warm, depth)]);
			found.set(`cold ${depth}`, coldly).set(`warm ${depth}`, warmly);
		}
	});

	afterAll(async () => {
		await Promise.all(servers.map(server => server.stop()));
		await temporary?.[Symbol.asyncDispose]();
	});

	async function serve(root: string): Promise<RealRegistry> {
		const server = await startDockerRegistry({root, folder: temporary.folder});
		servers.push(server);
		return server;
	}

	/**
	 * What is to be damaged is written, which is faster: the storage ends up the same.
	 * Rows that share parts take turns: 2.8 writes a manifest that it has once more, and meanwhile others find it cut.
	 */
	async function fill({host}: RealRegistry, root: string, images: Placed[]) {
		const put = ({repository, tag, part, isWritten, isSwept, damage}: Placed) =>
			isWritten || (damage && !isSwept)
				? writeParts(openStore(root), repository, [tag], part)
				: pushParts(host, repository, [tag], part);
		const sharing = images.filter(({repository}) => !repository.startsWith(ownRepositories));
		await together(
			images.filter(each => !sharing.includes(each)),
			put,
		);

		for (const each of sharing) {
			await put(each);
		}
	}

	async function damage(root: string) {
		for (const {name, repository, tag, part, damage} of rows) {
			damaged.set(name, (await damage?.(damageTo(openStore(root), {repository, tag}, part))) ?? []);
		}
	}

	/** All in one go, as a probe does. */
	async function walkAll({host}: Pick<RealRegistry, 'host'>, depth: Depth): Promise<Map<string, ImageCheck>> {
		const registry = createRegistry({
			host,
			url: `http://${host}`,
			clock: systemClock,
			credentials: async () => undefined,
		});
		const walker = createWalker(registry, {depth, signal});

		try {
			const checks = new Map<string, ImageCheck>();
			await together(rows, async ({name, repository, tag}) => {
				checks.set(name, await walker.walk(parseReference(`${host}/${repository}:${tag}`)));
			});
			return checks;
		} finally {
			await registry.close();
		}
	}

	const checkOf = (look: Look | 'before', {name}: Row) => found.get(look)!.get(name)!;
	const perLook = <T>(value: (look: Look) => T) => Object.fromEntries(looks.map(look => [look, value(look)]));

	test('every one is intact before it is damaged, but for what was collected', () => {
		const condemned = rows.filter(row => checkOf('before', row).verdict !== 'intact');

		expect(condemned).toEqual(rows.filter(({isSwept}) => isSwept));
	});

	test.each(rows)('$name', row => {
		const {name, kinds = [], in31} = row;
		const but = {...row.but, ...(registryVersion === '3.1' && in31)};

		const seen = perLook(look => {
			const {verdict, faults} = checkOf(look, row);
			return verdict === 'broken' ? faults.map(({kind}) => kind).sort() : verdict;
		});

		const expected = perLook(look => {
			const told = but[look] ?? kinds;
			return told.length === 0 ? 'intact' : told === 'unknown' ? told : [...told].sort();
		});
		expect(seen).toEqual(expected);
		for (const look of looks) {
			const digests = checkOf(look, row).faults.flatMap(({digest}) => digest ?? []);
			expect(damaged.get(name)).toEqual(expect.arrayContaining(digests));
		}
	});

	test.each(rows.filter(({damage}) => damage === undefined))('nothing of it is passed over: $name', row => {
		const parts = everything(row.part);
		const blobs = parts.filter(({role}) => role === 'blob').length;

		expect(perLook(look => checkOf(look, row).checked)).toEqual(
			perLook(() => ({manifests: parts.length - blobs, blobs})),
		);
	});

	test.runIf(isSweep).each(refusals.map(refusal => [Object.values(refusal).join(' '), refusal] as const))(
		'behind a stand-in that refuses (%s), each is judged as without it',
		async (_, refusal) => {
			await using standIn = await refusingProxy((await serve(coldRoot)).host, refusal);
			const depth = refusal.what === 'head' ? 'head' : 'edge';
			// Without any range a small blob is read whole, and its bytes are hashed.
			const without = refusal.what === 'range' ? 'cold content' : (`cold ${depth}` as const);

			const behind = await walkAll(standIn, depth);

			const told = ({verdict, faults}: ImageCheck) => [verdict, ...faults.map(({kind}) => kind).sort()];
			expect(rows.map(({name}) => [name, told(behind.get(name)!)])).toEqual(
				rows.map(row => [row.name, told(checkOf(without, row))]),
			);
		},
		60_000,
	);
});
