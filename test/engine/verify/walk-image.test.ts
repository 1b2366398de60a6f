import {expect, test} from 'vitest';
import type {Digest} from '../../../src/domain/image/digest.ts';
import type {Descriptor} from '../../../src/domain/image/manifest.ts';
import {mediaTypes} from '../../../src/domain/image/media-type.ts';
import {parseReference} from '../../../src/domain/image/reference.ts';
import {blobOf, buildImage, type ManifestBlob} from '../../../src/drills/images/image.ts';
import type {ManifestAnswer, Registry} from '../../../src/engine/ports/registry.ts';
import {createRequestLimiter} from '../../../src/engine/verify/concurrency.ts';
import {type ImageOptions, type WalkerOptions, walkImage} from '../../../src/engine/verify/walk-image.ts';
import type {WalkProgress} from '../../../src/engine/verify/walk-parts.ts';
import {descriptor, document, failure, found, host, latest, shelf} from './shelf.ts';

const walk = (registry: Registry, options: Partial<WalkerOptions & ImageOptions> = {}, reference = latest) =>
	walkImage(registry, reference, {depth: 'edge', signal: new AbortController().signal, ...options});

test('a complete image is intact, and every part is requested once', async () => {
	const image = buildImage({seed: 'intact'});
	const registry = shelf(image);
	const progress: WalkProgress[] = [];

	const check = await walk(registry, {onProgress: step => progress.push(step)});

	expect(check).toMatchObject({
		reference: `${host}/acme/app:latest`,
		digest: image.index.digest,
		mediaType: mediaTypes.ociIndex,
		verdict: 'intact',
		checked: {manifests: 5, blobs: 10},
		faults: [],
		unchecked: [],
	});
	expect(new Set(registry.asked).size).toBe(registry.asked.length);
	expect(progress.at(-1)).toEqual({manifests: 5, blobs: 10, waiting: 0, faults: 0});
});

test('every fault is listed in the order of the index, with the path to it', async () => {
	const image = buildImage({seed: 'faults'});
	const [amd, , arm, note] = image.manifests as [ManifestBlob, ManifestBlob, ManifestBlob, ManifestBlob];
	const [config, first, second] = image.blobs.map(({digest}) => digest) as [Digest, Digest, Digest];
	const registry = shelf(image);
	registry.manifests.delete(note.digest);
	registry.manifests.set(arm.digest, {state: 'unreadable', status: 500, detail: 'unknown'});
	registry.blobs.delete(config);
	registry.blobs.set(first, {state: 'empty', status: 206, detail: 'it is empty'});
	registry.blobs.set(second, {state: 'corrupt', status: 200, detail: 'other bytes'});

	const check = await walk(registry);

	const index = image.index.digest;
	const of = {via: [index, amd.digest], platform: 'linux/amd64'};
	expect(check.verdict).toBe('broken');
	expect(check.faults).toEqual([
		{
			kind: 'manifest-unreadable',
			digest: arm.digest,
			via: [index],
			platform: 'linux/arm64',
			status: 500,
			detail: 'unknown',
		},
		{
			kind: 'child-missing',
			digest: note.digest,
			via: [index],
			platform: 'attestation',
			status: 404,
			detail: 'manifest unknown',
		},
		{kind: 'config-missing', digest: config, ...of, status: 404, detail: 'blob unknown to registry'},
		{kind: 'blob-empty', digest: first, ...of, status: 206, detail: 'it is empty'},
		{kind: 'blob-corrupt', digest: second, ...of, status: 200, detail: 'other bytes'},
	]);
	expect(check.children.map(({verdict, status, blobs, detail}) => [verdict, status, blobs, detail])).toEqual([
		['broken', 200, 3, 'blob unknown to registry, and 2 more'],
		['intact', 200, 2, '2 blobs'],
		['broken', 500, 0, 'unknown'],
		['broken', 404, 0, 'manifest unknown'],
	]);
});

test('a shared layer is one fault, and breaks every child that needs it', async () => {
	const layer: Descriptor = {digest: blobOf('shared').digest, size: 6};
	const child = (name: string) =>
		document({config: {digest: blobOf(name).digest, size: name.length}, layers: [layer]}, mediaTypes.ociManifest);
	const [one, two] = [child('one'), child('two')];
	const index = document({manifests: [descriptor(one), descriptor(two)]});
	const registry = shelf({index, manifests: [one, two], blobs: [blobOf('one'), blobOf('two')]});

	const check = await walk(registry);

	expect(check.faults).toMatchObject([{kind: 'layer-missing', digest: layer.digest, via: [index.digest, one.digest]}]);
	expect(check.children.map(({verdict}) => verdict)).toEqual(['broken', 'broken']);
	expect(registry.asked.filter(digest => digest === layer.digest)).toHaveLength(1);
});

test('nested indexes are walked, and the fault of a grandchild has the whole path', async () => {
	const inner = buildImage({seed: 'inner', attestations: false});
	const outer = document({manifests: [descriptor(inner.index)]});
	const registry = shelf(inner, {index: outer, manifests: [], blobs: []});
	registry.manifests.delete(inner.manifests[1]!.digest);

	const check = await walk(registry);

	expect(check.faults).toMatchObject([
		{kind: 'child-missing', via: [outer.digest, inner.index.digest], platform: 'linux/arm64'},
	]);
	expect(check.children).toMatchObject([{digest: inner.index.digest, verdict: 'broken', blobs: 3}]);
});

test('an endlessly nested index and one that contains itself are faults, and are not followed', async () => {
	const image = buildImage({seed: 'deep', platforms: ['linux/amd64'], attestations: false});
	let top: ManifestBlob = image.index;
	const deep = shelf(image);
	for (let level = 0; level < 20; level++) {
		deep.manifests.set(top.digest, found(top));
		top = document({level, manifests: [descriptor(top)]});
	}
	deep.manifests.set('latest', found(top));

	expect((await walk(deep)).faults).toMatchObject([
		{kind: 'manifest-unreadable', detail: expect.stringContaining('16')},
	]);

	const a = `sha256:${'a'.repeat(64)}` as Digest;
	const body = JSON.stringify({manifests: [{digest: a, size: 200}]}).padEnd(200);
	const around = shelf({index: document({manifests: [{digest: a, size: 200}]}), manifests: [], blobs: []});
	around.manifests.set(a, {state: 'found', bytes: Buffer.from(body), digest: a, mediaType: ''});

	expect((await walk(around)).faults).toMatchObject([
		{kind: 'manifest-unreadable', digest: a, detail: 'it contains itself'},
	]);
});

test('a whole child whose size the index states wrong is a wrong size, and what is below it is checked all the same', async () => {
	const layer = blobOf('layer');
	const child = document(
		{config: {digest: blobOf('{}').digest, size: 2}, layers: [{digest: layer.digest, size: 5}]},
		mediaTypes.ociManifest,
	);
	const index = document({manifests: [descriptor(child, {size: 0})]});
	const registry = shelf({index, manifests: [child], blobs: [blobOf('{}')]});

	expect((await walk(registry)).faults).toMatchObject([
		{kind: 'size-wrong', digest: child.digest, detail: expect.stringContaining('its index says 0')},
		{kind: 'layer-missing', digest: layer.digest},
	]);
});

test.each([
	['bytes of another digest', (child: ManifestBlob) => ({...child, digest: blobOf('other').digest}), 'hash to'],
	[
		'bytes that are not JSON',
		(child: ManifestBlob) => ({...child, bytes: Buffer.alloc(child.bytes.length, 'x')}),
		'not JSON',
	],
	[
		'bytes that are not UTF-8',
		(child: ManifestBlob) => ({...child, bytes: Buffer.alloc(child.bytes.length, 0xff)}),
		'UTF-8',
	],
])('a child with %s is unreadable', async (_, change, detail) => {
	const image = buildImage({seed: 'unreadable'});
	const registry = shelf(image);
	const child = image.manifests[0]!;
	registry.manifests.set(child.digest, found(change(child)));

	expect((await walk(registry)).faults).toMatchObject([
		{kind: 'manifest-unreadable', digest: child.digest, status: 200, detail: expect.stringContaining(detail)},
	]);
});

test('foreign layers and a missing subject are no faults, and the children of a cache export are blobs', async () => {
	const mediaType = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
	const foreign = {mediaType, digest: blobOf('foreign').digest, size: 7, urls: ['https://acme.example/layer']};
	const image = document(
		{
			config: {mediaType: 'application/vnd.acme.config', digest: blobOf('{}').digest, size: 2},
			layers: [foreign],
			subject: {digest: blobOf('gone').digest, size: 4},
		},
		mediaTypes.ociManifest,
	);
	const registry = shelf({index: image, manifests: [], blobs: [blobOf('{}')]});

	const check = await walk(registry);
	expect(check).toMatchObject({verdict: 'intact', checked: {manifests: 1, blobs: 1}});
	expect(check.warnings?.map(({kind}) => kind)).toEqual(['urls-first', 'layer-elsewhere']);

	const cache = document({
		manifests: [
			{digest: blobOf('layer').digest, size: 5, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip'},
			{digest: blobOf('config').digest, size: 6, mediaType: 'application/vnd.buildkit.cacheconfig.v0'},
		],
	});
	const cached = shelf({index: cache, manifests: [], blobs: [blobOf('layer')]});

	expect((await walk(cached)).faults).toMatchObject([{kind: 'config-missing', digest: blobOf('config').digest}]);
});

test('a single image has one row, for itself', async () => {
	const {manifests, blobs} = buildImage({seed: 'single', platforms: ['linux/amd64'], attestations: false});
	const check = await walk(shelf({index: manifests[0]!, manifests: [], blobs}));

	expect(check.children).toEqual([
		{digest: manifests[0]!.digest, verdict: 'intact', status: 200, blobs: 3, detail: '3 blobs'},
	]);
});

test('a part without an answer makes the verdict unknown, unless another part has a fault', async () => {
	const image = buildImage({seed: 'unknown'});
	const registry = shelf(image);
	registry.blobs.set(image.blobs[0]!.digest, failure('registry.forbidden', 'refused'));

	const unknown = await walk(registry);
	expect(unknown).toMatchObject({
		verdict: 'unknown',
		faults: [],
		checked: {manifests: 5, blobs: 9},
		unchecked: [{digest: image.blobs[0]!.digest, code: 'registry.forbidden', hint: 'Look.', platform: 'linux/amd64'}],
	});
	expect(unknown.children[0]).toMatchObject({verdict: 'unknown', detail: 'It says registry.forbidden.'});

	registry.blobs.delete(image.blobs[1]!.digest);
	expect(await walk(registry)).toMatchObject({verdict: 'broken', unchecked: [{}], faults: [{kind: 'layer-missing'}]});
});

test('a registry that stopped responding does not receive a request for every part', async () => {
	const image = buildImage({seed: 'away'});
	const registry = shelf(image);
	for (const {digest} of image.blobs) {
		registry.blobs.set(digest, failure('registry.unreachable', 'unreachable'));
	}

	const limiter = createRequestLimiter({signal: new AbortController().signal, busy: () => 0, first: 1, most: 1});

	const check = await walk(registry, {limiter});

	expect(check).toMatchObject({verdict: 'unknown', checked: {blobs: 0}});
	expect(check.unchecked).toHaveLength(10);
	expect(registry.asked).toHaveLength(5 + 3);
});

test('an error for the top manifest is thrown', async () => {
	const registry = shelf();
	registry.manifests.set('latest', failure('registry.unauthorized', 'refused'));

	await expect(walk(registry)).rejects.toMatchObject({code: 'registry.unauthorized'});
});

test('a tag that answers 404 is dangling where it is listed, and absent where it is not', async () => {
	const registry = shelf();

	expect(await walk(registry)).toEqual({
		reference: `${host}/acme/app:latest`,
		verdict: 'broken',
		checked: {manifests: 1, blobs: 0},
		faults: [{kind: 'tag-dangling', via: [], status: 404, detail: 'manifest unknown'}],
		unchecked: [],
		children: [],
	});

	registry.known = ['v7', 'v1', 'v2', 'v3', 'v4', 'v5', 'v6'];
	await expect(walk(registry)).rejects.toMatchObject({
		code: 'image.absent',
		exit: 'failed',
		hint: 'The repository has v1, v2, v3, v4, v5 and 2 more tags.',
	});
	registry.known = undefined;
	await expect(walk(registry)).rejects.toMatchObject({
		code: 'image.absent',
		message: `${host} has no repository acme/app.`,
	});
	registry.known = ['latest'];
	const pinned = parseReference(`${host}/acme/app:latest@${blobOf('x').digest}`);
	await expect(walk(registry, {}, pinned)).rejects.toMatchObject({code: 'image.absent'});
});

test('a top manifest that cannot be read is a fault of the image', async () => {
	const image = buildImage({seed: 'top'});
	const registry = shelf(image);
	registry.manifests.set('latest', {state: 'unreadable', status: 500, detail: 'unknown'});
	expect(await walk(registry)).toMatchObject({verdict: 'broken', faults: [{kind: 'manifest-unreadable', status: 500}]});

	const claimed = blobOf('as it was pushed').digest;
	registry.manifests.set('latest', {...(found(image.index) as Extract<ManifestAnswer, {state: 'found'}>), claimed});
	expect(await walk(registry)).toMatchObject({
		digest: claimed,
		verdict: 'broken',
		faults: [{kind: 'manifest-unreadable', digest: claimed, via: []}],
		children: [{digest: claimed, verdict: 'broken'}],
	});
});

test('a registry that fails on the list of tags as well does not make the image broken', async () => {
	const registry = shelf(buildImage({seed: 'database down'}));
	registry.manifests.set('latest', {state: 'unreadable', status: 500, detail: 'unknown'});
	registry.tags = () => Promise.reject(failure('registry.failing', 'failed'));

	await expect(walk(registry)).rejects.toMatchObject({code: 'registry.failing'});
});

test('a registry that begins to fail on every request during a walk does not make the image broken', async () => {
	const image = buildImage({seed: 'half-way'});
	const registry = shelf(image);
	registry.pause = async () => {
		if (registry.asked.length > 3) {
			const unreadable = {state: 'unreadable', status: 500, detail: 'unknown'} as const;
			registry.manifests.set('latest', unreadable);
			for (const {digest} of image.blobs) {
				registry.blobs.set(digest, unreadable);
			}
		}
	};

	expect(await walk(registry)).toMatchObject({verdict: 'unknown', faults: [], unchecked: [{code: 'registry.failing'}]});
});

test('a schema 1 manifest is unknown: neither broken nor intact', async () => {
	const registry = shelf();
	const old = document({fsLayers: []}, mediaTypes.dockerSchema1Signed);
	registry.manifests.set('latest', {...found(old), claimed: blobOf('payload').digest} as ManifestAnswer);

	expect(await walk(registry)).toMatchObject({verdict: 'unknown', unchecked: [{code: 'manifest.schema1'}], faults: []});
});

test('a tag that moved during the walk is unknown, never broken by a mixture of two images', async () => {
	const [before, after] = [buildImage({seed: 'before'}), buildImage({seed: 'after'})];
	const registry = shelf(before);
	registry.manifests.delete(before.manifests[0]!.digest);
	registry.pause = async () => {
		if (registry.asked.length > 3) {
			registry.manifests.set('latest', found(after.index));
		}
	};

	const check = await walk(registry);

	expect(check).toMatchObject({verdict: 'unknown', faults: [], unchecked: [{code: 'tag-moved', via: []}]});
	expect(check.children[0]).toMatchObject({verdict: 'unknown'});
});

test('a digest cannot move, so it is not requested again', async () => {
	const image = buildImage({seed: 'pinned'});
	const registry = shelf(image);
	registry.manifests.delete(image.manifests[0]!.digest);

	const check = await walk(registry, {}, parseReference(`${host}/acme/app@${image.index.digest}`));

	expect(check.verdict).toBe('broken');
	expect(registry.asked.filter(asked => asked === image.index.digest)).toHaveLength(1);
});

test('the walk of one platform covers its variants and nothing else', async () => {
	const image = buildImage({seed: 'platform', platforms: ['linux/amd64', 'linux/arm64/v8']});
	const registry = shelf(image);
	registry.manifests.delete(image.manifests[0]!.digest);

	const check = await walk(registry, {platform: 'linux/arm64'});

	expect(check).toMatchObject({
		verdict: 'intact',
		checked: {manifests: 2, blobs: 3},
		children: [{platform: 'linux/arm64/v8'}],
	});
	expect(await walk(registry, {platform: 'linux/s390x'})).toMatchObject({
		verdict: 'broken',
		faults: [
			{
				kind: 'platform-missing',
				digest: image.index.digest,
				platform: 'linux/s390x',
				detail: 'it has linux/amd64, attestation, linux/arm64/v8',
			},
		],
	});
});

test('every required platform has to be there, with the variants that containerd takes for the same', async () => {
	const registry = shelf(buildImage({seed: 'require', platforms: ['linux/amd64', 'linux/arm64/v8', 'linux/arm/v7']}));
	const lacking = async (...require: string[]) =>
		(await walk(registry, {require})).faults.map(({kind, platform}) => [kind, platform]);

	expect(await lacking('linux/amd64', 'linux/arm64', 'linux/arm', 'linux/x86_64', 'linux/arm64/v8')).toEqual([]);
	expect(await lacking('linux/arm64', 'linux/arm/v6', 'linux/s390x')).toEqual([
		['platform-missing', 'linux/arm/v6'],
		['platform-missing', 'linux/s390x'],
	]);
});

test('no more requests are under way than the limit allows', async () => {
	const registry = shelf(buildImage({seed: 'bounded', layers: 8}));
	let underWay = 0;
	let most = 0;
	registry.pause = async () => {
		most = Math.max(most, ++underWay);
		await new Promise(resolve => setImmediate(resolve));
		underWay--;
	};

	await walk(registry);
	expect(most).toBe(6);
});

test('an aborted walk rejects with the reason and makes no more requests', async () => {
	const registry = shelf(buildImage({seed: 'aborted', layers: 20}));
	const controller = new AbortController();
	const reason = new Error('ctrl-c');
	registry.pause = async () => {
		if (registry.asked.length === 8) {
			controller.abort(reason);
		}
	};

	await expect(walk(registry, {signal: controller.signal})).rejects.toBe(reason);
	const {length} = registry.asked;
	await new Promise(resolve => setImmediate(resolve));
	expect(registry.asked).toHaveLength(length);
	expect(length).toBeLessThan(15);
});

/** An index as it is stored, with these children. */
function indexOf(...children: Descriptor[]): ManifestBlob {
	const bytes = Buffer.from(JSON.stringify({schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: children}));
	return {...blobOf(bytes), bytes, mediaType: mediaTypes.ociIndex} as ManifestBlob;
}

test.each([
	['an index without children', {manifests: []}, mediaTypes.ociIndex],
	['a manifest without config and layers', {layers: []}, mediaTypes.ociManifest],
])('%s cannot be pulled and is never called intact', async (_, content, mediaType) => {
	const registry = shelf();
	const bytes = Buffer.from(JSON.stringify({schemaVersion: 2, mediaType, ...content}));
	registry.manifests.set('latest', found({...blobOf(bytes), bytes, mediaType} as ManifestBlob));

	expect(await walkImage(registry, latest, {depth: 'edge', signal: new AbortController().signal})).toMatchObject({
		verdict: 'unknown',
		unchecked: [{code: 'manifest.names-nothing'}],
	});
});

test('a platform that no nested index holds is absent', async () => {
	const inner = indexOf({
		digest: `sha256:${'1'.repeat(64)}` as Digest,
		size: 2,
		platform: {os: 'linux', architecture: 'arm64'},
	});
	const outer = indexOf({digest: inner.digest, size: inner.bytes.length, mediaType: mediaTypes.ociIndex});
	const registry = shelf();
	registry.manifests.set('latest', found(outer));
	registry.manifests.set(inner.digest, found(inner));
	const {signal} = new AbortController();

	expect(await walkImage(registry, latest, {depth: 'edge', platform: 'linux/amd64', signal})).toMatchObject({
		verdict: 'broken',
		faults: [{kind: 'platform-missing', platform: 'linux/amd64', detail: 'it has linux/arm64'}],
	});
});
