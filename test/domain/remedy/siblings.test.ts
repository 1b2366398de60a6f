import {describe, expect, it} from 'vitest';
import {type Manifest, parseManifest} from '../../../src/domain/image/manifest.ts';
import {mediaTypes} from '../../../src/domain/image/media-type.ts';
import {readImageConfig} from '../../../src/domain/remedy/image-config.ts';
import {sayAge} from '../../../src/domain/remedy/say-sibling.ts';
import {type Sibling, searchServed, searchSiblings, siblingsOf} from '../../../src/domain/remedy/siblings.ts';
import {assess} from '../../../src/domain/storage/findings/assess.ts';
import {
	blobData,
	blobFolder,
	currentLink,
	revisionFolder,
	tagFolder,
} from '../../../src/domain/storage/listing/paths.ts';
import {openGraph} from '../../../src/domain/storage/walk/graph.ts';
import {blobOf, buildImage} from '../../../src/drills/images/image.ts';
import {
	emptyTree,
	listingOf,
	push,
	pushedAt,
	remove,
	rootOf,
	type StoredImage,
	type StoreTree,
	write,
} from '../../support/store-tree.ts';

const repository = 'acme/app';
const hex = 'a'.repeat(64);
const json = (value: object) => blobOf(JSON.stringify(value));

function image(seed: string, created?: string, platforms = ['linux/amd64', 'linux/arm64']): StoredImage {
	const {index, manifests, blobs} = buildImage({seed, platforms, ...(created === undefined ? {} : {created})});
	return {manifests: [...manifests, index], blobs};
}

function artifact(config: string, layer: string): StoredImage {
	const [first, second] = [blobOf(`config ${config} ${layer}`), blobOf(`layer ${layer}`)];
	const manifest = json({
		schemaVersion: 2,
		mediaType: mediaTypes.ociManifest,
		config: {mediaType: config, digest: first.digest, size: first.bytes.length},
		layers: [{mediaType: layer, digest: second.digest, size: second.bytes.length}],
	});
	return {manifests: [manifest], blobs: [first, second]};
}

/** What the engine does, without a host. */
function siblings(tree: StoreTree, tag = 'latest'): Sibling[] {
	const listing = listingOf(tree);
	const search = searchSiblings(openGraph(listing), assess(listing, {role: 'authoritative'}), repository, tag);
	const configs = new Map(
		search.configs.flatMap(digest => {
			const bytes = tree.files.get(blobData(digest))?.bytes;
			return bytes === undefined ? [] : [[digest, readImageConfig(bytes)] as const];
		}),
	);
	return siblingsOf(search, configs);
}

/** A store with one broken image, under the tag `latest`. */
function broken(created = '2026-04-02T00:00:00Z') {
	const tree = emptyTree();
	const latest = image('latest', created);
	push(tree, repository, 'latest', latest);
	remove(tree, blobFolder(latest.blobs[1]!.digest));
	return {tree, latest};
}

const named = (found: Sibling[]) => found.map(({tags, age, ageBy}) => [tags.join(), age, ageBy]);

describe('what a broken tag can be pointed to', () => {
	it('is every whole image of the repository, the newest first, with its platforms, its digest and its age', () => {
		const {tree} = broken();
		const older = image('v1', '2026-04-01T00:00:00Z');
		push(tree, repository, 'v1', older);
		push(tree, repository, 'v3', image('v3', '2026-04-03T00:00:00Z'));

		const found = siblings(tree);

		expect(named(found)).toEqual([
			['v3', 'newer', 'built'],
			['v1', 'older', 'built'],
		]);
		expect(found[1]).toEqual({
			tags: ['v1'],
			wasNamed: false,
			digest: rootOf(older).digest,
			platforms: ['linux/amd64', 'linux/arm64'],
			built: '2026-04-01T00:00:00Z',
			tagged: new Date(pushedAt * 1000).toISOString().replace('.000', ''),
			age: 'older',
			ageBy: 'built',
		});
	});

	it('is never a signature, an attestation, a cache, a chart or another artifact', () => {
		const {tree} = broken();
		const config = 'application/vnd.oci.image.config.v1+json';
		push(tree, repository, `sha256-${hex}.sig`, image('an image under the tag of a signature'));
		push(tree, repository, 'signature', artifact(config, 'application/vnd.dev.cosign.simplesigning.v1+json'));
		push(tree, repository, 'attestation', artifact(config, 'application/vnd.in-toto+json'));
		push(
			tree,
			repository,
			'buildcache',
			artifact('application/vnd.buildkit.cacheconfig.v0', 'application/vnd.oci.image.layer.v1.tar+gzip'),
		);
		push(
			tree,
			repository,
			'chart',
			artifact('application/vnd.cncf.helm.config.v1+json', 'application/vnd.cncf.helm.chart.content.v1.tar+gzip'),
		);

		expect(siblings(tree)).toEqual([]);
	});

	it('has at least the platforms of the original and its media type', () => {
		const {tree} = broken();
		push(tree, repository, 'amd64', image('amd64', undefined, ['linux/amd64']));
		push(tree, repository, 'more', image('more', undefined, ['linux/amd64', 'linux/arm64/v8', 'linux/s390x']));
		const {manifests, blobs} = image('single', undefined, ['linux/amd64']);
		push(tree, repository, 'single', {manifests: manifests.slice(0, 1), blobs: blobs.slice(0, 3)});

		expect(siblings(tree).map(({tags}) => tags)).toEqual([['more']]);
	});

	it('is not broken itself, is not the same image under another tag, and lists an image with two tags once', () => {
		const {tree, latest} = broken();
		const other = image('other');
		push(tree, repository, 'same', latest);
		push(tree, repository, 'swept', image('swept'));
		remove(tree, revisionFolder(repository, image('swept').manifests[0]!.digest));
		push(tree, repository, 'v1', other);
		write(tree, currentLink(repository, 'v1'), rootOf(other).digest, pushedAt + 5);
		push(tree, repository, 'v1.0', other);

		expect(siblings(tree).map(({tags}) => tags)).toEqual([['v1', 'v1.0']]);
	});

	it('is nothing for a signature', () => {
		const {tree} = broken();
		push(tree, repository, 'v1', image('v1'));

		expect(siblings(tree, `sha256-${hex}.sig`)).toEqual([]);
	});

	it('is, for a tag without a link, first what it named before', () => {
		const {tree} = broken();
		const before = image('before', '2026-03-01T00:00:00Z');
		push(tree, repository, 'latest', before);
		push(tree, repository, 'v9', image('v9', '2026-04-09T00:00:00Z'));
		remove(tree, `${tagFolder(repository, 'latest')}/current`);

		const found = siblings(tree);

		expect(found.map(({tags, wasNamed}) => [tags, wasNamed])).toEqual([
			[[], true],
			[['v9'], false],
		]);
		expect(found[0]!.digest).toBe(rootOf(before).digest);
	});
});

describe('an image is called older only if it is older', () => {
	const tagAt = (tree: StoreTree, tag: string, seconds: number) =>
		write(tree, currentLink(repository, tag), tree.files.get(currentLink(repository, tag))!.bytes, seconds);

	it.each([
		['built before', '2026-04-01T00:00:00Z', 'older by its build'],
		['built after', '2026-04-03T00:00:00Z', 'newer by its build'],
		['built at the same time', '2026-04-02T00:00:00Z', 'age not known'],
	])('%s', (_what, created, expected) => {
		const {tree} = broken();
		push(tree, repository, 'v1', image('v1', created));

		expect(siblings(tree).map(sayAge)).toEqual([expected]);
	});

	it.each([
		[-60, 'older by the time of its tag'],
		[60, 'newer by the time of its tag'],
		[0, 'age not known'],
	])('without a time in the configs: its tag was set %i s after', (after, expected) => {
		// What Jib, ko and Bazel write, so that a build can be repeated.
		const {tree} = broken('1970-01-01T00:00:00Z');
		push(tree, repository, 'v1', image('v1', '0001-01-01T00:00:00Z'));
		tagAt(tree, 'v1', pushedAt + after);

		expect(siblings(tree).map(sayAge)).toEqual([expected]);
	});

	it('a tag set later does not make an older build newer', () => {
		const {tree} = broken();
		push(tree, repository, 'rollback', image('v1', '2026-04-01T00:00:00Z'));
		tagAt(tree, 'rollback', pushedAt + 3600);

		expect(siblings(tree).map(sayAge)).toEqual(['older by its build']);
	});
});

describe('without a disk, of what the registry serves whole', () => {
	const [lost, older, newer, narrow] = [
		image('lost', '2026-02-01T00:00:00Z'),
		image('older', '2026-01-01T00:00:00Z'),
		image('newer', '2026-03-01T00:00:00Z'),
		image('narrow', '2026-04-01T00:00:00Z', ['linux/amd64']),
	] as [StoredImage, StoredImage, StoredImage, StoredImage];
	const signature = artifact(
		'application/vnd.oci.image.config.v1+json',
		'application/vnd.dev.cosign.simplesigning.v1+json',
	);
	const top = ({manifests}: StoredImage) => manifests.at(-1)!.digest;
	const manifests = new Map(
		[lost, older, newer, narrow, signature].flatMap(each =>
			each.manifests.map(({digest, bytes}) => {
				const parsed = parseManifest(new TextDecoder().decode(bytes));
				return [digest, parsed.ok ? parsed.manifest : undefined] as [typeof digest, Manifest | undefined];
			}),
		),
	);
	const configs = new Map(
		[lost, older, newer, narrow].flatMap(({blobs}) =>
			blobs.map(({digest, bytes}) => [digest, readImageConfig(bytes)] as const),
		),
	);
	const served = [
		{digest: top(older), tags: ['1.0']},
		{digest: top(narrow), tags: ['3.0']},
		{digest: top(signature), tags: ['signed']},
		{digest: top(newer), tags: ['2.0']},
	];
	const found = (original: Parameters<typeof searchServed>[0]) =>
		siblingsOf(
			searchServed(original, served, digest => manifests.get(digest)),
			configs,
		);

	it('only images with the platforms of the original are offered, the newest first, with their age', () => {
		const original = {digest: top(lost), tags: ['latest']};

		expect(found(original).map(({tags, age}) => [tags, age])).toEqual([
			[['2.0'], 'newer'],
			[['1.0'], 'older'],
		]);
	});

	it('a signature is never pointed elsewhere', () => {
		expect(found({digest: top(lost), tags: [`sha256-${hex.slice(0, 64)}.sig`]})).toEqual([]);
	});
});
