import {expect, test} from 'vitest';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {mediaTypes} from '../../../src/domain/image/media-type.ts';
import {parseReference} from '../../../src/domain/image/reference.ts';
import {blobOf, buildImage, type ManifestBlob} from '../../../src/drills/images/image.ts';
import {createWalker, type WalkerOptions} from '../../../src/engine/verify/walk-image.ts';
import {descriptor, document, failure, found, host, type Shelf, shelf} from './shelf.ts';

const {signal} = new AbortController();
const tag = (name: string, repository = 'acme/app') => parseReference(`${host}/${repository}:${name}`);
const open = (registry: Shelf, more: Partial<WalkerOptions> = {}) =>
	createWalker(registry, {depth: 'edge', signal, ...more});

/** Two tags on one image. */
function twins(seed: string) {
	const image = buildImage({seed});
	const registry = shelf(image);
	registry.manifests.set('v1', registry.manifests.get('latest')!);
	registry.known = ['latest', 'v1'];
	return {image, registry};
}

test('a second tag on the same image costs one request, and an index is counted once', async () => {
	const {registry} = twins('twins');
	const walker = open(registry);

	const [first, second] = [await walker.walk(tag('latest')), await walker.walk(tag('v1'))];

	expect(second).toEqual({...first, reference: `${host}/acme/app:v1`});
	expect(registry.asked).toHaveLength(15 + 1);
	expect(walker.indexes('acme/app')).toBe(1);
});

test('blobs of which only the size was checked are counted in each image, and once in the repository', async () => {
	const {image, registry} = twins('size only');
	for (const {digest} of image.blobs.slice(0, 3)) {
		registry.blobs.set(digest, {state: 'present', status: 200, sizeOnly: true});
	}

	const walker = open(registry);
	const checks = [await walker.walk(tag('latest')), await walker.walk(tag('v1'))];

	expect(checks.map(({verdict, checked}) => ({verdict, ...checked}))).toEqual([
		{verdict: 'intact', manifests: 5, blobs: 10, sizeOnly: 3},
		{verdict: 'intact', manifests: 5, blobs: 10, sizeOnly: 3},
	]);
	expect(walker.sizeOnly('acme/app')).toBe(3);
});

test('images walked at the same time share requests under way', async () => {
	const {registry} = twins('at once');
	registry.pause = () => new Promise(resolve => setImmediate(resolve));
	const walker = open(registry);

	const checks = await Promise.all(['latest', 'v1', 'latest'].map(name => walker.walk(tag(name))));

	expect(checks.map(({verdict}) => verdict)).toEqual(['intact', 'intact', 'intact']);
	expect(registry.asked).toHaveLength(14 + 3);
});

test('repositories do not share answers, and forgotten answers are requested again', async () => {
	const {registry} = twins('apart');
	const walker = open(registry);
	await walker.walk(tag('latest'));

	await walker.walk(tag('latest', 'acme/other'));
	expect(registry.asked).toHaveLength(30);

	walker.forget('acme/app');
	expect([walker.indexes('acme/app'), walker.indexes('acme/other')]).toEqual([0, 1]);
	await walker.walk(tag('latest'));
	expect(registry.asked).toHaveLength(45);
});

test('a failed request is made again for the next image, and a fault is remembered', async () => {
	const {image, registry} = twins('passing');
	const [config, layer] = image.blobs.map(({digest}) => digest) as [Digest, Digest];
	registry.blobs.set(config, failure('registry.unreachable', 'unreachable'));
	registry.blobs.delete(layer);
	const walker = open(registry);

	const first = await walker.walk(tag('latest'));
	registry.blobs.set(config, {state: 'present', status: 206});
	const second = await walker.walk(tag('v1'));

	expect(first).toMatchObject({unchecked: [{code: 'registry.unreachable'}], faults: [{kind: 'layer-missing'}]});
	expect(second).toMatchObject({unchecked: [], faults: [{kind: 'layer-missing', digest: layer}]});
	expect(registry.asked.filter(asked => asked === config)).toHaveLength(2);
	expect(registry.asked.filter(asked => asked === layer)).toHaveLength(1);
});

test('a registry that is down is tried now and then, and walked again once it responds', async () => {
	const {registry} = twins('down');
	const whole = registry.manifests.get('latest')!;
	registry.manifests.set('latest', failure('registry.unreachable', 'unreachable'));
	const walker = open(registry);

	for (let image = 0; image < 100; image++) {
		await expect(walker.walk(tag('latest'))).rejects.toMatchObject({code: 'registry.unreachable'});
	}

	expect(registry.asked.length).toBeGreaterThan(3);
	expect(registry.asked.length).toBeLessThan(15);

	registry.manifests.set('latest', whole);
	const ends = [];
	for (let image = 0; image < 20; image++) {
		ends.push(await walker.walk(tag('latest')).catch(error => error));
	}

	expect(ends.findIndex(({verdict}) => verdict === 'intact')).toBeLessThan(16);
	expect(ends.at(-1)).toMatchObject({verdict: 'intact'});
});

test('a repository that refuses the credentials does not receive a request for every tag, and others are still walked', async () => {
	const {registry} = twins('closed');
	const {manifest} = registry;
	let refusals = 0;
	registry.manifest = async (repository, reference, waiting) => {
		if (repository === 'acme/closed') {
			refusals++;
			throw failure('registry.unauthorized', 'refused');
		}

		return manifest(repository, reference, waiting);
	};
	const walker = open(registry);
	for (let image = 0; image < 10; image++) {
		await expect(walker.walk(tag('latest', 'acme/closed'))).rejects.toMatchObject({code: 'registry.unauthorized'});
	}

	expect(refusals).toBe(3);
	expect(await walker.walk(tag('latest'))).toMatchObject({verdict: 'intact'});
});

test('an unreachable storage host does not stop the requests to the registry', async () => {
	const {image, registry} = twins('host');
	for (const {digest} of image.blobs) {
		registry.blobs.set(digest, failure('ssh.unreachable', 'unreachable'));
	}

	await open(registry).walk(tag('latest'));

	expect(registry.asked).toHaveLength(15);
});

test('tags that answer 404 share a listing, but never one that began before their own request', async () => {
	const registry = shelf();
	const names = Array.from({length: 20}, (_, n) => `v${n}`);
	const listings: (() => void)[] = [];
	const hasListings = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
	registry.tags = async () => {
		const {promise, resolve} = Promise.withResolvers<void>();
		listings.push(resolve);
		hasListings[listings.length - 1]!.resolve();
		await promise;
		return names;
	};
	const walker = open(registry);

	const walks = names.map(name => walker.walk(tag(name)));
	await hasListings[0]!.promise;
	await expect.poll(() => registry.asked.length, {interval: 1}).toBe(20);
	listings[0]!();
	await hasListings[1]!.promise;
	listings[1]!();

	expect((await Promise.all(walks)).every(({faults}) => faults[0]?.kind === 'tag-dangling')).toBe(true);
	expect(listings).toHaveLength(2);
});

test('the same digest with two sizes is a fault only where the size is wrong', async () => {
	const config = blobOf('{}');
	const right = {digest: config.digest, size: 2};
	const image = (name: string, size: number) =>
		document({name, config: {...right, size}, layers: []}, mediaTypes.ociManifest);
	const [good, bad] = [image('good', 2), image('bad', 3)];
	const registry = shelf();
	registry.blob = async (_, {size}) =>
		size === 2 ? {state: 'present', status: 206} : {state: 'truncated', status: 206, detail: 'it has 2 bytes'};
	registry.manifests
		.set('good', found(good))
		.set('bad', found(bad))
		.set('also-good', found(image('third', 2)));
	const walker = open(registry);

	expect(await walker.walk(tag('bad'))).toMatchObject({faults: [{kind: 'blob-truncated', digest: config.digest}]});
	expect(await walker.walk(tag('good'))).toMatchObject({verdict: 'intact'});
	expect(await walker.walk(tag('also-good'))).toMatchObject({verdict: 'intact'});

	const over = (size: number) => document({manifests: [{...descriptor(good), size}]});
	registry.manifests.set(good.digest, found(good));
	registry.manifests.set('wrong', found(over(good.bytes.length + 1))).set('fine', found(over(good.bytes.length)));
	expect(await walker.walk(tag('wrong'))).toMatchObject({faults: [{kind: 'size-wrong', digest: good.digest}]});
	expect(await walker.walk(tag('fine'))).toMatchObject({verdict: 'intact'});
});

test('a cache may lack children and blobs, while damage that it serves is a fault', async () => {
	const {image, registry} = twins('cache');
	const [amd, note, arm] = image.manifests as [ManifestBlob, ManifestBlob, ManifestBlob];
	registry.manifests.delete(arm.digest);
	registry.blobs.delete(image.blobs[0]!.digest);

	const check = await open(registry, {role: 'cache'}).walk(tag('latest'));

	expect(check).toMatchObject({verdict: 'intact', faults: [], unchecked: []});
	expect(check.children.map(({verdict, status, detail}) => [verdict, status, detail])).toEqual([
		['intact', 200, '2 blobs'],
		['intact', 200, '2 blobs'],
		['intact', 404, 'not in the cache'],
		['intact', 200, '2 blobs'],
	]);

	registry.blobs.set(image.blobs[1]!.digest, {state: 'corrupt', status: 200, detail: 'other bytes'});
	registry.manifests.set(note.digest, {state: 'unreadable', status: 500, detail: 'unknown'});
	registry.manifests.set(amd.digest, {...found(amd), digest: blobOf('other').digest} as never);
	expect((await open(registry, {role: 'cache'}).walk(tag('latest'))).faults.map(({kind}) => kind)).toEqual([
		'manifest-unreadable',
		'manifest-unreadable',
	]);

	registry.manifests.set(amd.digest, found(amd));
	expect((await open(registry, {role: 'cache'}).walk(tag('latest'))).faults.map(({kind}) => kind)).toContain(
		'blob-corrupt',
	);
});

test('a tag that moves during a shared walk is unknown, and the parts of its old digest stay known', async () => {
	const [before, after] = [buildImage({seed: 'before'}), buildImage({seed: 'after'})];
	const registry = shelf(after, before);
	registry.manifests.delete(before.manifests[0]!.digest);
	const walker = open(registry);
	expect(await walker.walk(tag('latest'))).toMatchObject({verdict: 'broken'});
	const before2 = registry.asked.length;

	const {manifest} = registry;
	let asked = 0;
	registry.manifest = async (...question) => {
		asked++;
		const answer = await manifest(...question);
		registry.manifests.set('latest', found(after.index));
		return answer;
	};

	expect(await walker.walk(tag('latest'))).toMatchObject({verdict: 'unknown', unchecked: [{code: 'tag-moved'}]});
	expect([asked, registry.asked.length - before2]).toEqual([2, 2]);
	expect(await walker.walk(tag('latest'))).toMatchObject({verdict: 'intact', digest: after.index.digest});
});

test('at depth content the progress counts bytes, up to all of them', async () => {
	const image = buildImage({seed: 'bytes', platforms: ['linux/amd64'], attestations: false, layers: 1});
	const registry = shelf(image);
	const sizes = new Map(image.blobs.map(({digest, bytes}) => [digest, bytes.length]));
	const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
	registry.blob = async (_, {digest}, __, {onBytes}) => {
		// A second attempt reads the same bytes again.
		onBytes?.(10);
		onBytes?.(sizes.get(digest)!);
		return {state: 'present', status: 200};
	};
	const seen: ({done: number; total: number} | undefined)[] = [];

	await createWalker(registry, {depth: 'content', signal}).walk(tag('latest'), {
		onProgress: ({bytes}) => seen.push(bytes),
	});

	expect(seen).toContainEqual({done: 10, total});
	expect(seen.at(-1)).toEqual({done: total, total});
	expect(seen.every(bytes => bytes!.done <= bytes!.total)).toBe(true);
});
