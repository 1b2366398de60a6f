import {describe, expect, it} from 'vitest';
import {damagedImages} from '../../../src/domain/damage/damage-of-scan.ts';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {assess} from '../../../src/domain/storage/findings/assess.ts';
import type {StorageListing} from '../../../src/domain/storage/listing/listing.ts';
import {type BuiltImage, buildImage} from '../../../src/drills/images/image.ts';

const old = 1_600_000_000;
const link = (digest: Digest) => ({size: digest.length, changed: old, content: digest});
const platforms = ['linux/amd64', 'linux/arm64'];

/** A whole store with these images; the tests take parts of it away. */
function storeOf(images: Record<string, BuiltImage>): StorageListing {
	const listing: StorageListing = {
		root: '/store',
		complete: true,
		gaps: [],
		repositories: new Map(),
		blobs: new Map(),
		manifests: new Map(),
		taken: old + 100_000_000,
		folders: new Map([['repositories/app/_manifests/revisions/sha256', old + 60]]),
		unread: [],
	};
	for (const [name, {index, manifests, blobs}] of Object.entries(images)) {
		const [repository = '', tag = ''] = name.split(':');
		const known = listing.repositories.get(repository) ?? {tags: new Map(), revisions: new Map(), layers: new Map()};
		listing.repositories.set(repository, known);
		for (const {digest, bytes} of [...blobs, ...manifests, index]) {
			listing.blobs.set(digest, {size: bytes.length, changed: old});
		}

		for (const {digest} of blobs) {
			known.layers.set(digest, link(digest));
		}

		for (const {digest, bytes} of [...manifests, index]) {
			listing.manifests.set(digest, {ok: true, text: bytes.toString()});
			known.revisions.set(digest, link(digest));
		}

		known.tags.set(tag, {link: link(index.digest)});
	}

	return listing;
}

const damage = (listing: StorageListing, asked?: {repository: string; digest: Digest}) =>
	damagedImages(assess(listing, {role: 'authoritative', ...(asked && {asked})}).findings, listing);

describe('the damaged images of a scan', () => {
	it('are one image where several findings damage one index, with all of its tags and the platforms that are left', () => {
		const image = buildImage({seed: 'app', platforms});
		const listing = storeOf({'app:latest': image, 'app:2026-04': image, 'app:other': buildImage({seed: 'other'})});
		const app = listing.repositories.get('app')!;
		const [amd64] = image.manifests;
		app.revisions.delete(amd64!.digest);
		for (const {digest} of image.blobs.slice(0, 1)) {
			listing.blobs.delete(digest);
		}

		const images = damage(listing);

		expect(images).toHaveLength(1);
		expect(images[0]).toMatchObject({
			repository: 'app',
			digest: image.index.digest,
			tags: ['2026-04', 'latest'],
			platforms: {lost: ['linux/amd64']},
		});
		expect(images[0]!.id).toBe(`app@${image.index.digest.slice(7, 19)}`);
	});

	it('name every platform that needs a layer they share, also where the scan came to it through another index', () => {
		const image = buildImage({seed: 'app', platforms, attestations: false});
		const listing = storeOf({'app:one': image});
		const app = listing.repositories.get('app')!;
		const amd64 = image.manifests[0]!;
		// A second index over the same child, which the scan reaches afterwards.
		const text = JSON.stringify({
			schemaVersion: 2,
			mediaType: 'application/vnd.oci.image.index.v1+json',
			manifests: [
				{
					mediaType: 'application/vnd.oci.image.manifest.v1+json',
					digest: amd64.digest,
					size: amd64.bytes.length,
					platform: {os: 'linux', architecture: 'amd64'},
				},
			],
		});
		const second = `sha256:${'5'.repeat(64)}` as Digest;
		listing.manifests.set(second, {ok: true, text});
		listing.blobs.set(second, {size: text.length, changed: old});
		app.revisions.set(second, link(second));
		app.tags.set('two', {link: link(second)});
		const {layers} = JSON.parse(amd64.bytes.toString()) as {layers: {digest: Digest}[]};
		listing.blobs.delete(layers[0]!.digest);

		const images = damage(listing);

		expect(images.map(({tags, platforms: {lost}}) => [tags, lost.includes('linux/amd64')])).toEqual([
			[['one'], true],
			[['two'], true],
		]);
	});

	it('count a tag that leads to no manifest by itself, without a digest', () => {
		const image = buildImage({seed: 'app', platforms});
		const listing = storeOf({'app:a': image, 'app:b': image});
		const app = listing.repositories.get('app')!;
		app.revisions.delete(image.index.digest);
		listing.blobs.delete(image.index.digest);
		listing.manifests.delete(image.index.digest);

		expect(damage(listing)).toEqual([
			expect.objectContaining({id: 'app@tag:a', tags: ['a'], findings: ['tag-dangling']}),
			expect.objectContaining({id: 'app@tag:b', tags: ['b'], findings: ['tag-dangling']}),
		]);
		expect(damage(listing).every(({digest}) => digest === undefined)).toBe(true);
	});

	it('are one image by its digest where the index lost only its own link', () => {
		const image = buildImage({seed: 'app', platforms});
		const listing = storeOf({'app:a': image, 'app:b': image});
		listing.repositories.get('app')!.revisions.delete(image.index.digest);

		expect(damage(listing)).toEqual([
			expect.objectContaining({digest: image.index.digest, tags: ['a', 'b'], platforms: {whole: [], lost: platforms}}),
		]);
	});

	it('have no tags where a digest was asked for that no tag names', () => {
		const image = buildImage({seed: 'app', platforms});
		const listing = storeOf({'app:a': image, 'app:b': buildImage({seed: 'new', platforms})});
		listing.repositories.get('app')!.tags.delete('a');
		listing.blobs.delete(image.blobs[0]!.digest);

		expect(damage(listing, {repository: 'app', digest: image.index.digest})).toEqual([
			expect.objectContaining({digest: image.index.digest, tags: []}),
		]);
	});

	it('are none where nothing is damaged', () => {
		expect(damage(storeOf({'app:a': buildImage({seed: 'app'})}))).toEqual([]);
	});
});
