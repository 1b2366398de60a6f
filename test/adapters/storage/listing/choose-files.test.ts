import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {createLocalShell} from '../../../../src/adapters/ssh/local.ts';
import {likelyManifests, linksToRead, pathOfLink} from '../../../../src/adapters/storage/listing/choose-files.ts';
import {openTree} from '../../../../src/adapters/storage/listing/tree.ts';
import {createStorage} from '../../../../src/adapters/storage/storage.ts';
import type {Digest} from '../../../../src/domain/image/digest.ts';
import {mediaTypes} from '../../../../src/domain/image/media-type.ts';
import type {Link, StorageListing} from '../../../../src/domain/storage/listing/listing.ts';
import {blobOf, buildImage} from '../../../../src/drills/images/image.ts';
import {openStore, type Store} from '../../../../src/drills/images/store.ts';
import type {Shell} from '../../../../src/engine/ports/shell.ts';
import {createNonces} from '../../../support/nonces.ts';
import {processes} from '../../../support/processes.ts';
import {temporaryFolder} from '../../../support/real.ts';

const signal = AbortSignal.timeout(20_000);
const image = buildImage({seed: 'acme', platforms: ['linux/amd64'], attestations: false});
const [child] = image.manifests.map(({digest}) => digest);
const [config, layer] = image.blobs.map(({digest}) => digest);

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let store: Store;
let commands: number;

beforeEach(async () => {
	temporary = await temporaryFolder();
	store = openStore(path.join(temporary.folder, 'store'));
	await store.push('acme/tool', 'latest', image);
	commands = 0;
});

afterEach(() => temporary[Symbol.asyncDispose]());

function list(): Promise<StorageListing> {
	const local = createLocalShell({processes, nonce: createNonces()});
	const shell: Shell = {
		...local,
		run(request, waiting) {
			commands++;
			return local.run(request, waiting);
		},
	};
	return createStorage({shell, root: store.root}).list({signal});
}

it('a link is read to its last byte, whether it holds another digest, a newline, a second line, nothing or far too much', async () => {
	const other = image.index.digest;
	await writeFile(store.revisionLink('acme/tool', child!), other);
	await writeFile(store.layerLink('acme/tool', config!), `${config}\n`);
	await writeFile(store.layerLink('acme/tool', layer!), `x\n./repositories/acme/tool/_layers/link:${layer}`);
	await writeFile(path.join(store.tagFolder('acme/tool', 'latest'), 'current/link'), '');
	await writeFile(store.revisionLink('acme/tool', other), 'x'.repeat(5000));

	const {complete, repositories} = await list();
	const {tags, revisions, layers} = repositories.get('acme/tool')!;

	expect(complete).toBe(true);
	expect(revisions.get(child!)).toMatchObject({size: 71, content: other});
	expect(layers.get(config!)).toMatchObject({size: 72, content: `${config}\n`});
	expect(layers.get(layer!)!.content).toBe(`x\n./repositories/acme/tool/_layers/link:${layer}`);
	expect(tags.get('latest')!.link).toMatchObject({size: 0, content: ''});
	expect(revisions.get(other)).toMatchObject({size: 5000});
	expect(revisions.get(other)!.content).toBeUndefined();
});

it('in a store of more than 100,000 links, those of tags, of an odd size and written twice are read, and the others are counted', () => {
	const digest = (number: number) => `sha256:${number.toString(16).padStart(64, '0')}` as Digest;
	const good = (): Link => ({size: 71, changed: 1});
	const layers = new Map(Array.from({length: 100_001}, (_, number) => [digest(number), good()]));
	layers.set(digest(7), {size: 70, changed: 1});
	const repository = {layers, revisions: new Map([[digest(1), good()]]), tags: new Map([['latest', {link: good()}]])};
	const listing = {repositories: new Map([['acme', repository]])} as unknown as StorageListing;
	const rewritten = new Set([layers.get(digest(9))!]);

	const {links, takenBySize} = linksToRead(listing, {rewritten, everyLink: false});

	expect(takenBySize).toBe(100_000);
	expect(links.map(link => pathOfLink(link).split('/').slice(2, -1).join('/'))).toEqual([
		'_manifests/tags/latest/current',
		`_layers/sha256/${digest(7).slice(7)}`,
		`_layers/sha256/${digest(9).slice(7)}`,
	]);
	expect(linksToRead(listing, {rewritten, everyLink: true})).toMatchObject({takenBySize: 0});
});

it('a link that was written again after its folder was created counts as rewritten, and a fresh one does not', () => {
	const hex = 'a'.repeat(64);
	const {tree, open} = openTree();
	const {entries} = open();

	for (const [name, changed] of [
		['old', 500],
		['fresh', 100.3],
	] as const) {
		entries.located({type: 'd', size: 0, device: 0, changed: 100, path: `repositories/${name}/_layers/sha256/${hex}`});
		entries.located({type: 'f', size: 71, device: 0, changed, path: `repositories/${name}/_layers/sha256/${hex}/link`});
	}

	expect([...tree.rewritten]).toEqual([{size: 71, changed: 500}]);
});

it('a child that does not look like a manifest is read by a command more, and a child of that one is a gap', async () => {
	const indexOf = (child: {digest: Digest; bytes: Buffer}) =>
		blobOf(
			JSON.stringify({
				schemaVersion: 2,
				mediaType: mediaTypes.ociIndex,
				manifests: [{mediaType: mediaTypes.ociIndex, digest: child.digest, size: child.bytes.length}],
			}),
		);
	const third = indexOf(image.index);
	const second = indexOf(third);
	const first = indexOf(second);
	for (const index of [first, second, third]) {
		await store.writeBlob(index);
		// A blob with a layer link does not look like a manifest.
		await store.writeLink(store.layerLink('acme/nested', index.digest), index.digest);
	}

	await store.writeLink(store.revisionLink('acme/nested', second.digest), second.digest);
	expect(await list()).toMatchObject({complete: true});
	expect(commands).toBe(6);

	await store.remove(store.revisionLink('acme/nested', second.digest));
	await store.writeLink(store.revisionLink('acme/nested', first.digest), first.digest);
	commands = 0;
	const {gaps} = await list();

	expect(gaps).toEqual([`1 deeply nested manifests were not read, ${third.digest} among them`]);
	expect(commands).toBe(6);
});

it('the blobs that the index of a build cache names are not manifests: none of them is read, or missed', async () => {
	const [layer, config] = [blobOf('cached layer'), blobOf('{"cache":1}')];
	const cache = blobOf(
		JSON.stringify({
			schemaVersion: 2,
			mediaType: mediaTypes.ociIndex,
			manifests: [
				{mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: layer.digest, size: layer.bytes.length},
				{mediaType: 'application/vnd.buildkit.cacheconfig.v0', digest: config.digest, size: config.bytes.length},
			],
		}),
	);
	for (const blob of [cache, layer, config]) {
		await store.writeBlob(blob);
		// With a layer link, the index is read by the third command only: what it names would be read by a fourth.
		await store.writeLink(store.layerLink('acme/cache', blob.digest), blob.digest);
	}

	await store.writeTag('acme/cache', 'latest', cache.digest);

	const {complete, gaps, manifests} = await list();

	expect({complete, gaps}).toEqual({complete: true, gaps: []});
	expect([manifests.has(cache.digest), manifests.has(layer.digest)]).toEqual([true, false]);
});

it('an entry that no registry writes is counted once with everything below it, and is no gap', async () => {
	await mkdir(path.join(store.base, 'repositories/acme/tool/a b/c d'), {recursive: true});
	await mkdir(path.join(store.base, 'repositories/Upper/_layers'), {recursive: true});
	await writeFile(path.join(store.base, 'blobs/sha256/notes.txt'), '');
	await mkdir(Buffer.concat([Buffer.from(`${store.base}/blobs/`), Buffer.from([0xff])]));
	await mkdir(Buffer.concat([Buffer.from(`${store.base}/blobs/`), Buffer.from([0xfe])]));

	const listing = await list();

	expect(listing).toMatchObject({complete: true, gaps: [], leftOut: 5, preciseTimes: true, linksTakenBySize: 0});
	expect([...listing.repositories.keys()]).toEqual(['acme/tool']);
});

it('what a deleted repository leaves is read with the likely manifests: no command more, and only its manifests and configs are kept', async () => {
	const lost = buildImage({seed: 'lost', platforms: ['linux/amd64'], attestations: false});
	await store.push('acme/lost', 'latest', lost);
	await list();
	const usual = commands;
	await store.remove(path.join(store.base, 'repositories/acme/lost'));
	await store.writeBlob(blobOf('{"layers": "none"}'));
	commands = 0;

	const {manifests, configs, unlinkedUnread, complete} = await list();

	const both = [...image.manifests, image.index, ...lost.manifests, lost.index].map(({digest}) => digest);
	expect([...manifests.keys()].sort()).toEqual(both.sort());
	expect([...configs!.keys()]).toEqual([lost.blobs[0]!.digest]);
	expect({complete, unlinkedUnread, commands}).toEqual({complete: true, unlinkedUnread: 0, commands: usual});
});

it('of too many blobs without a link the smallest are read, and the others are counted', () => {
	const digest = (number: number) => `sha256:${number.toString(16).padStart(64, '0')}` as Digest;
	const blobs = (number: number, size: number) =>
		new Map(Array.from({length: number}, (_, at) => [digest(at), {size: size + Math.floor(at / 100), changed: 1}]));
	const listing = (of: StorageListing['blobs']) => ({repositories: new Map(), blobs: of}) as unknown as StorageListing;

	const many = likelyManifests(listing(blobs(20_003, 1)));
	const large = likelyManifests(listing(blobs(2000, 128 * 1024)));

	expect(many.likely).toHaveLength(20_000);
	expect(many.leftUnread).toEqual([digest(20_000), digest(20_001), digest(20_002)]);
	expect(large.likely.length * 128 * 1024).toBeLessThan(130 * 1024 * 1024);
	expect(large.likely.length + large.leftUnread.length).toBe(2000);
});
