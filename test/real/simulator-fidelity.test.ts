import {execFile} from 'node:child_process';
import {appendFile, cp, mkdir, readdir, readFile, rename, truncate, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {Digest} from '../../src/domain/image/digest.ts';
import {acceptedManifests, mediaTypes} from '../../src/domain/image/media-type.ts';
import {type BuiltImage, blobOf, buildImage, digestOf} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {collectGarbage} from '../../src/drills/registry/collect-garbage.ts';
import type {Dialect} from '../../src/drills/registry/dialect.ts';
import {type RegistrySimulator, startRegistry} from '../../src/drills/registry/server.ts';
import {ask, type Question} from '../drills/ask.ts';
import {describeReal, locate, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {registry3, registryVersion} from '../support/registry-program.ts';
import {isSweep} from '../support/sweep.ts';

const accept = {Accept: acceptedManifests.join(', ')};
const empty = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

type Damage = (store: Store, repository: string, image: BuiltImage) => Promise<unknown>;

const tagLink = (store: Store, repository: string) => path.join(store.tagFolder(repository, 'latest'), 'current/link');
const child = (image: BuiltImage) => image.manifests[0]!;
const config = (image: BuiltImage) => image.blobs[0]!;
const layer = (image: BuiltImage) => image.blobs[1]!;

const damages: Record<string, Damage> = {
	nothing: async () => {},
	'a tag without its link': (store, repository) => store.remove(tagLink(store, repository)),
	'an empty tag link': (store, repository) => writeFile(tagLink(store, repository), ''),
	'a tag link with a newline': (store, repository) => appendFile(tagLink(store, repository), '\n'),
	'a tag link to a revision that is not linked': (store, repository) => writeFile(tagLink(store, repository), empty),
	'a child without its link': (store, repository, image) =>
		store.remove(store.revisionLink(repository, child(image).digest)),
	'a child linked among the layers': async (store, repository, image) => {
		await store.remove(store.revisionLink(repository, child(image).digest));
		await store.writeLink(store.layerLink(repository, child(image).digest), child(image).digest);
	},
	'a child whose data is gone': (store, _repository, image) => store.remove(store.blobFile(child(image).digest)),
	'a child link that names another digest': (store, repository, image) =>
		writeFile(store.revisionLink(repository, child(image).digest), image.manifests[2]!.digest),
	'an empty child link': (store, repository, image) =>
		writeFile(store.revisionLink(repository, child(image).digest), ''),
	'an empty child': (store, _repository, image) => truncate(store.blobFile(child(image).digest), 0),
	'a truncated child': (store, _repository, image) => truncate(store.blobFile(child(image).digest), 100),
	'a child that is not JSON': (store, _repository, image) =>
		writeFile(store.blobFile(child(image).digest), '{"schemaVersion": nonsense}'),
	'a child of an unknown schema': (store, _repository, image) =>
		writeFile(store.blobFile(child(image).digest), '{"schemaVersion": 3}'),
	'a child of an unknown type': (store, _repository, image) =>
		writeFile(store.blobFile(child(image).digest), '{"schemaVersion": 2, "mediaType": "acme/unknown"}'),
	'a child altered to other JSON': (store, _repository, image) =>
		writeFile(store.blobFile(child(image).digest), '{"schemaVersion": 2, "config": {}, "layers": []}'),
	'a layer without its link': (store, repository, image) =>
		store.remove(store.layerLink(repository, layer(image).digest)),
	'an empty layer link': (store, repository, image) => writeFile(store.layerLink(repository, layer(image).digest), ''),
	'a layer link that names another digest': (store, repository, image) =>
		writeFile(store.layerLink(repository, layer(image).digest), config(image).digest),
	'a layer whose data is gone': (store, _repository, image) => store.remove(store.blobFile(layer(image).digest)),
	'an empty layer': (store, _repository, image) => truncate(store.blobFile(layer(image).digest), 0),
	'a truncated layer': (store, _repository, image) => truncate(store.blobFile(layer(image).digest), 60),
	'a layer that grew': (store, _repository, image) => appendFile(store.blobFile(layer(image).digest), 'more'),
	'a layer that is a folder': async (store, _repository, image) => {
		await store.remove(store.blobFile(layer(image).digest));
		await mkdir(store.blobFile(layer(image).digest));
	},
	'a config whose data is gone': (store, _repository, image) => store.remove(store.blobFile(config(image).digest)),
	'a repository without layer links': (store, repository) =>
		store.remove(path.join(store.base, 'repositories', repository, '_layers')),
};

/** Links of tags and manifests are never remembered; one is enough to show it. */
const remembered = Object.keys(damages).filter(name => /layer|config|data is gone|child without its link/.test(name));

/** On 3.1 only reading is compared: what the simulator takes and refuses is 2.8's. */
const dialects: readonly Dialect[] = isSweep || registryVersion === '3.1' ? ['2.8', '3.1'] : ['2.8'];

describe.each(dialects)('%s', dialect => {
	describeReal(
		`the registry simulator beside registry ${dialect}`,
		['docker-registry', ...(dialect === '3.1' ? [registry3] : [])],
		() => compareAll(dialect),
	);
});

function compareAll(dialect: Dialect): void {
	let place: Awaited<ReturnType<typeof temporaryFolder>>;
	let real: RealRegistry;
	let simulator: RegistrySimulator;
	let stores: [Store, Store];

	beforeAll(async () => {
		place = await temporaryFolder();
		stores = [openStore(path.join(place.folder, 'real')), openStore(path.join(place.folder, 'simulated'))];
		await Promise.all(stores.map(store => mkdir(store.root)));
		real = await startDockerRegistry({version: dialect, root: stores[0].root, folder: place.folder});
		simulator = await startRegistry({root: stores[1].root, dialect});
	});

	afterAll(async () => {
		await real?.stop();
		await simulator?.close();
		await place?.[Symbol.asyncDispose]();
	});

	/** Both are asked the same; what differs fails with the request in sight. */
	async function compare(question: Question, hosts = [real.host, simulator.host]) {
		const [expected, actual] = await Promise.all(hosts.map(host => ask(host!, question)));
		expect({question, answer: actual}).toEqual({question, answer: expected});
		return expected!;
	}

	async function pushBoth(repository: string, seed: string) {
		const image = buildImage({seed});
		await Promise.all(stores.map(store => store.push(repository, 'latest', image)));
		return image;
	}

	function questionsAbout(repository: string, image: BuiltImage): Question[] {
		const manifests = ['latest', 'absent', image.index.digest, child(image).digest].map(
			reference => `/v2/${repository}/manifests/${reference}`,
		);
		const blobs = [config(image).digest, layer(image).digest, empty].map(digest => `/v2/${repository}/blobs/${digest}`);
		const ranges = ['-1', '0-0', `${layer(image).bytes.length}-`];
		return [
			{path: `/v2/${repository}/tags/list`},
			...manifests.map(path => ({path, headers: accept})),
			{path: manifests[3]!, headers: accept, method: 'HEAD'},
			...blobs.map(path => ({path})),
			...blobs.slice(0, 2).map(path => ({path, method: 'HEAD'})),
			...ranges.map(range => ({path: blobs[1]!, headers: {Range: `bytes=${range}`}})),
			{path: blobs[1]!, headers: {Range: 'bytes=-1'}, method: 'HEAD'},
			{path: blobs[1]!, headers: {'If-None-Match': `"${layer(image).digest}"`}},
		];
	}

	const repositoryOf = (name: string) => `acme/${name.toLowerCase().replace(/[^a-z]+/g, '-')}`;

	for (const [name, damage] of Object.entries(damages)) {
		const repository = repositoryOf(name);

		test(`answers the same about ${name}, when it was never asked before`, async () => {
			const image = await pushBoth(`${repository}-cold`, `${name} cold`);
			await Promise.all(stores.map(store => damage(store, `${repository}-cold`, image)));

			for (const question of questionsAbout(`${repository}-cold`, image)) {
				await compare(question);
			}
		});
	}

	for (const name of remembered) {
		const [repository, damage] = [repositoryOf(name), damages[name]!];

		test(`tells the same lies about ${name}, when it remembers better days`, async () => {
			const image = await pushBoth(`${repository}-warm`, `${name} warm`);
			for (const question of questionsAbout(`${repository}-warm`, image).filter(isPlainGet)) {
				await compare(question);
			}

			await Promise.all(stores.map(store => damage(store, `${repository}-warm`, image)));

			for (const question of questionsAbout(`${repository}-warm`, image)) {
				await compare(question);
			}
		});
	}

	if (dialect === '3.1') {
		return;
	}

	test('answers the same to what no client should ask', async () => {
		const image = await pushBoth('acme/odd', 'odd');
		const manifest = `/v2/acme/odd/manifests/${child(image).digest}`;
		const size = layer(image).bytes.length;

		for (const question of [
			{path: '/'},
			{path: '/v2/'},
			{path: '/v2/', method: 'PUT'},
			{path: '/nope'},
			{path: '/v2/NONE/tags/list'},
			{path: '/v2/none/tags/list'},
			{path: '/v2/none/manifests/latest'},
			{path: `/v2/none/manifests/${empty}`},
			{path: '/v2/none/blobs/sha256:abc'},
			{path: '/v2/acme/odd/blobs/uploads/'},
			{path: '/v2/acme/odd/blobs/uploads/unknown'},
			...['5-', `0-${size + 10}`, '9-4', 'x', `${size - 1}-${size - 1}`].map(range => ({
				path: `/v2/acme/odd/blobs/${layer(image).digest}`,
				headers: {Range: `bytes=${range}`},
			})),
			{path: manifest, method: 'PATCH'},
			{path: '/v2/acme/odd/tags/list', method: 'DELETE'},
			{path: manifest},
			{path: '/v2/acme/odd/manifests/latest', headers: {Accept: mediaTypes.ociManifest}},
			{path: manifest, headers: {Accept: mediaTypes.ociIndex}},
			{path: manifest, headers: {...accept, 'If-None-Match': `"${child(image).digest}"`}},
			{path: '/v2/acme/odd/manifests/latest', method: 'DELETE'},
			{path: `/v2/acme/odd/manifests/${empty}`, method: 'DELETE'},
			{path: `/v2/acme/odd/blobs/${empty}`, method: 'DELETE'},
			{path: '/v2/_catalog?n=5000'},
			{path: '/v2/_catalog?n=0'},
			{path: '/v2/_catalog?n=-3'},
			{path: '/v2/_catalog?n=x'},
			{path: '/v2/_catalog?n=3'},
			{path: '/v2/_catalog?n=3&last=acme/odd'},
			{path: '/v2/_catalog?last=zzz'},
			{path: '/v2/_catalog'},
		]) {
			await compare(question);
		}
	});

	test('stores the same and refuses the same when manifests are put', async () => {
		const image = await pushBoth('acme/put', 'put');
		const {digest, bytes, mediaType} = child(image);
		const put = (reference: string, body: string | Buffer, type: string): Question => ({
			method: 'PUT',
			path: `/v2/acme/put/manifests/${reference}`,
			headers: {'Content-Type': type},
			body,
		});
		const unknown = JSON.stringify({
			schemaVersion: 2,
			mediaType: mediaTypes.ociManifest,
			config: {mediaType: 'application/vnd.oci.image.config.v1+json', digest: empty, size: 0},
			layers: [
				{mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digestOf(Buffer.from('a')), size: 1},
				{
					mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
					digest: digestOf(Buffer.from('b')),
					size: 1,
					urls: ['https://acme.example/layer'],
				},
			],
		});
		await Promise.all(stores.map(store => store.remove(store.revisionLink('acme/put', digest))));

		for (const question of [
			put(digest, `${bytes} `, mediaType),
			put(digest, bytes, mediaTypes.ociIndex),
			put(digest, bytes, mediaTypes.dockerManifest),
			put(digest, bytes, 'application/json'),
			put(digest, 'not JSON', mediaType),
			put('new', '', mediaType),
			put('unknown', unknown, mediaType),
			put('orphan', image.index.bytes, image.index.mediaType),
			put(digest, bytes, mediaType),
			put('again', image.index.bytes, image.index.mediaType),
			put('latest', bytes, mediaType),
		]) {
			await compare(question);
		}

		expect(await filesOf(stores[1], 'repositories/acme/put')).toEqual(
			await filesOf(stores[0], 'repositories/acme/put'),
		);
		for (const reference of ['latest', 'again', digest]) {
			await compare({path: `/v2/acme/put/manifests/${reference}`, headers: accept});
		}

		await compare({path: `/v2/acme/put/manifests/${digest}`, method: 'DELETE'});
		expect(await filesOf(stores[1], 'repositories/acme/put')).toEqual(
			await filesOf(stores[0], 'repositories/acme/put'),
		);
	});

	test('believes its memory when the data of a manifest and its layers is gone, and stores nothing', async () => {
		const image = await pushBoth('acme/stale', 'stale');
		const {digest, bytes, mediaType} = child(image);
		for (const question of questionsAbout('acme/stale', image)) {
			await compare(question);
		}

		await Promise.all(
			stores.flatMap(store =>
				[digest, config(image).digest, layer(image).digest].map(gone => store.remove(store.blobFile(gone))),
			),
		);

		const answer = await compare({
			method: 'PUT',
			path: `/v2/acme/stale/manifests/${digest}`,
			headers: {'Content-Type': mediaType},
			body: bytes,
		});
		expect(answer.status).toBe(201);
		expect((await compare({path: `/v2/acme/stale/manifests/${digest}`, headers: accept})).status).toBe(404);
		await compare({path: `/v2/acme/stale/blobs/${layer(image).digest}`, method: 'DELETE'});
		await compare({path: `/v2/acme/stale/blobs/${layer(image).digest}`});
	});

	test('uploads, mounts and cancels alike', async () => {
		const image = await pushBoth('acme/source', 'upload');
		const fresh = blobOf('a fresh blob');
		const uploads = '/v2/acme/upload/blobs/uploads/';
		const mount = (digest: string, from: string) => ({method: 'POST', path: `${uploads}?mount=${digest}&from=${from}`});

		for (const question of [
			mount(layer(image).digest, 'acme/source'),
			mount(empty, 'acme/source'),
			mount(layer(image).digest, 'acme/nowhere'),
			{method: 'POST', path: `${uploads}?digest=${fresh.digest}`, body: fresh.bytes},
			{path: `/v2/acme/upload/blobs/${layer(image).digest}`},
		]) {
			await compare(question);
		}

		/** Opens an upload on both and asks the same of each one's own location. */
		async function through(...questions: (Omit<Question, 'path'> & {digest?: string})[]) {
			const runs = await Promise.all(
				[real.host, simulator.host].map(async host => {
					const answers = [];
					let location = await openUpload(host, uploads);
					for (const {digest, ...question} of questions) {
						const path = digest === undefined ? location : `${location}&digest=${digest}`;
						const answer = await fetchRaw(host, {...question, path});
						location = answer.location ?? location;
						answers.push(answer.compared);
					}
					return answers;
				}),
			);
			expect(runs[1]).toEqual(runs[0]);
		}

		const octets = {'Content-Type': 'application/octet-stream'};
		const finish = (digest: string, body: Buffer = Buffer.alloc(0)) => ({method: 'PUT', headers: octets, digest, body});
		await through(finish(fresh.digest, fresh.bytes));
		await through({method: 'PATCH', headers: octets, body: fresh.bytes}, {}, finish(fresh.digest));
		const part = (from: number, to: number) => ({
			method: 'PATCH',
			headers: {...octets, 'Content-Range': `${from}-${to - 1}`},
			body: fresh.bytes.subarray(from, to),
		});
		await through(part(0, 5), part(5, fresh.bytes.length), finish(fresh.digest));
		await through(part(0, 5), part(5, 6), finish(fresh.digest), {method: 'DELETE'});
		await through({method: 'PATCH', headers: {'Content-Type': 'text/plain'}, body: fresh.bytes});
		await through(finish(empty, fresh.bytes), {});
		await through(finish('sha256:abc', fresh.bytes));
		await through({method: 'PUT', headers: octets, body: fresh.bytes});
		await through(finish(empty));
		await through({method: 'DELETE'}, {});

		for (const digest of [fresh.digest, empty]) {
			await compare({path: `/v2/acme/upload/blobs/${digest}`});
		}
		const inUpload = 'repositories/acme/upload/_layers';
		expect(await filesOf(stores[1], inUpload)).toEqual(await filesOf(stores[0], inUpload));
	});

	test('mounts over a link that holds no digest, and from a repository that it only remembers', async () => {
		const image = await pushBoth('acme/holder', 'mount-over');
		const {digest} = layer(image);
		const mount = {method: 'POST', path: `/v2/acme/over/blobs/uploads/?mount=${digest}&from=acme/holder`};
		await Promise.all(stores.map(store => store.writeLink(store.layerLink('acme/over', digest), 'nothing' as Digest)));
		await compare({path: `/v2/acme/over/blobs/${digest}`});
		await compare(mount);
		await compare({path: `/v2/acme/over/blobs/${digest}`});

		await compare({path: `/v2/acme/holder/blobs/${digest}`});
		await Promise.all(
			stores.flatMap(store => ['holder', 'over'].map(name => store.remove(store.layerLink(`acme/${name}`, digest)))),
		);
		await compare(mount);
		const links = await Promise.all(stores.map(store => readFile(store.layerLink('acme/over', digest), 'utf8')));
		expect(links).toEqual([digest, digest]);
	});

	test('keeps damaged data when the same blob is uploaded again', async () => {
		const image = await pushBoth('acme/heal', 'heal');
		const {digest, bytes} = layer(image);
		await Promise.all(stores.map(store => truncate(store.blobFile(digest), 0)));

		for (const host of [real.host, simulator.host]) {
			const location = await openUpload(host, '/v2/acme/heal/blobs/uploads/');
			await fetchRaw(host, {
				method: 'PUT',
				path: `${location}&digest=${digest}`,
				headers: {'Content-Type': 'application/octet-stream'},
				body: bytes,
			});
		}

		await compare({path: `/v2/acme/heal/blobs/${digest}`});
		await compare({path: `/v2/acme/heal/blobs/${digest}`, headers: {Range: 'bytes=-1'}});
	});

	test('asks for credentials and refuses writes when it is read-only, alike', async () => {
		const {stdout} = await promisify(execFile)('htpasswd', ['-bBnC', '4', 'drill', 'password']);
		const htpasswd = path.join(place.folder, 'htpasswd');
		await writeFile(htpasswd, stdout);
		await pushBoth('acme/closed', 'closed');
		const options = {version: '2.8' as const, root: stores[0].root, folder: place.folder, htpasswd, readonly: true};
		const closedReal = await startDockerRegistry(options);
		const credentials = {username: 'drill', password: 'password'};
		const closed = await startRegistry({root: stores[1].root, credentials, readonly: true});
		const authorization = {Authorization: `Basic ${Buffer.from('drill:password').toString('base64')}`};

		try {
			for (const [method, path] of [
				['GET', '/v2/'],
				['HEAD', '/v2/'],
				['GET', '/v2/_catalog'],
				['GET', '/v2/acme/closed/tags/list'],
				['GET', '/v2/acme/closed/manifests/latest'],
				['PUT', '/v2/acme/closed/manifests/latest'],
				['DELETE', `/v2/acme/closed/manifests/${empty}`],
				['POST', `/v2/acme/closed/blobs/uploads/?mount=${empty}&from=acme/odd`],
				['GET', '/nope'],
			] as const) {
				for (const headers of [{}, {Authorization: 'Basic bm86bm8='}, {...authorization, ...accept}]) {
					await compare({method, path, headers}, [closedReal.host, closed.host]);
				}
			}
		} finally {
			await closedReal.stop();
			await closed.close();
		}
	});

	test('collects garbage as `garbage-collect -m` does, and as it does without -m', async () => {
		const seeds = openStore(path.join(place.folder, 'garbage'));
		const [kept, replaced, single] = ['kept', 'replaced', 'single'].map(seed => buildImage({seed}));
		await seeds.push('acme/ci', 'latest', replaced!);
		await seeds.push('acme/ci', 'latest', kept!);
		await seeds.push('acme/other/nested', '1.0', kept!);
		await seeds.push('acme/tagged-children', 'index', single!);
		for (const [n, manifest] of single!.manifests.entries()) {
			await seeds.writeTag('acme/tagged-children', `child-${n}`, manifest.digest);
		}
		await seeds.writeBlob(blobOf('an orphan'));
		await seeds.push('acme/unlinked', 'latest', buildImage({seed: 'unlinked'}));
		await seeds.remove(seeds.revisionLink('acme/unlinked', buildImage({seed: 'unlinked'}).manifests[0]!.digest));
		await seeds.push('acme/hidden', 'latest', buildImage({seed: 'hidden'}));
		const hidden = path.join(seeds.base, 'repositories/acme/hidden/_layers');
		await rename(hidden, `${hidden}-away`);

		await Promise.all(
			[false, true].map(async removeUntagged => {
				const ofReal = openStore(path.join(place.folder, `garbage-real-${removeUntagged}`));
				const ofSimulator = openStore(path.join(place.folder, `garbage-simulated-${removeUntagged}`));
				await Promise.all([ofReal, ofSimulator].map(({root}) => cp(seeds.root, root, {recursive: true})));
				const configuration = path.join(place.folder, `garbage-${removeUntagged}.json`);
				const storage = {filesystem: {rootdirectory: ofReal.root}, delete: {enabled: true}};
				await writeFile(configuration, JSON.stringify({version: 0.1, storage}));

				const flags = removeUntagged ? ['-m'] : [];
				await promisify(execFile)(locate('docker-registry')!, ['garbage-collect', ...flags, configuration]);
				await collectGarbage(ofSimulator, {removeUntagged});

				expect(await filesOf(ofSimulator)).toEqual(await filesOf(ofReal));
				expect((await filesOf(ofSimulator)).size).toBeLessThan((await filesOf(seeds)).size);
			}),
		);
	});
}

/** Enough to be remembered. */
function isPlainGet({method, headers}: Question): boolean {
	return method === undefined && headers?.Range === undefined;
}

/** Path → content of every file below docker/registry/v2. */
async function filesOf(store: Store, below = ''): Promise<Map<string, string>> {
	const root = path.join(store.base, below);
	const entries = await readdir(root, {recursive: true, withFileTypes: true});
	const files = entries.filter(entry => entry.isFile()).map(entry => path.join(entry.parentPath, entry.name));
	const contents = files
		.filter(file => !file.includes('/_uploads/'))
		.map(async file => [path.relative(root, file), await readFile(file, 'latin1')] as const);
	return new Map((await Promise.all(contents)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function openUpload(host: string, uploads: string): Promise<string> {
	const {location} = await fetchRaw(host, {method: 'POST', path: uploads});
	return location!;
}

async function fetchRaw(host: string, question: Question) {
	const compared = await ask(host, question);
	return {compared, location: compared.rawLocation?.replace(`http://${host}`, '')};
}
