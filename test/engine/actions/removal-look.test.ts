import {expect, test} from 'vitest';
import {OperatorError} from '../../../src/domain/errors.ts';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {mediaTypes} from '../../../src/domain/image/media-type.ts';
import {lookAround} from '../../../src/engine/actions/removal-look.ts';
import type {TagLink} from '../../../src/engine/ports/storage.ts';
import {
	contextWith,
	digestOf,
	fakeClock,
	fakeRegistry,
	fakeStorage,
	type Manifest,
	smallManifest,
} from '../../support/fake-ports.ts';

const repository = 'infra-ci';
const [wanted, other] = [smallManifest('wanted'), smallManifest('other')];
const {digest} = wanted;
const descriptor = {mediaType: mediaTypes.ociManifest, digest, size: wanted.bytes.length};
const parent = manifestOf({mediaType: mediaTypes.ociIndex, manifests: [descriptor]});
const referrer = manifestOf({mediaType: mediaTypes.ociIndex, manifests: [], subject: descriptor});
const signature = `sha256-${digest.slice(7)}.sig`;
const served = {v1: wanted, stable: wanted, v2: other, v3: other, all: parent, sbom: referrer, [signature]: other};
const expected = {
	tags: ['stable', 'v1'],
	parents: ['all'],
	attached: ['sbom', signature].sort(),
	listed: Object.keys(served),
};

function manifestOf(content: object): Manifest {
	const bytes = Buffer.from(JSON.stringify({schemaVersion: 2, ...content}));
	return {bytes, digest: digestOf(bytes)};
}

/** What a disk tells that holds this. */
function linksOf(tags: Record<string, Manifest>): Map<string, TagLink> {
	const mayName = ({bytes}: Manifest) => Buffer.from(bytes).includes(digest);
	return new Map(Object.entries(tags).map(([tag, each]) => [tag, {digest: each.digest, mayName: mayName(each)}]));
}

/** The registry, and the tags that it was asked for. */
function open(tags: Record<string, Manifest> = served) {
	const registry = fakeRegistry(tags);
	const asked: string[] = [];
	const {manifest} = registry;
	registry.manifest = (name, reference, waiting) => {
		asked.push(reference);
		return manifest(name, reference, waiting);
	};
	return {registry, asked};
}

function lookWithDisk(links: ReadonlyMap<string, TagLink> | Error, tags: Record<string, Manifest> = served) {
	const {registry, asked} = open(tags);
	const storage = fakeStorage([], {
		async tagLinks() {
			if (links instanceof Error) {
				throw links;
			}

			return links;
		},
	});
	return {asked, look: lookAround(registry, repository, digest, contextWith({registry, storage}))};
}

test('tags that name something else by the disk are not asked for, and nothing of the digest is missed', async () => {
	const {asked, look} = lookWithDisk(linksOf(served));

	expect(await look).toEqual(expected);
	expect(asked.sort()).toEqual(['all', 'sbom', signature, 'stable', 'v1'].sort());
});

test('a tag whose link the disk does not tell is asked for', async () => {
	const {stable: _, ...known} = served;

	expect(await lookWithDisk(linksOf(known)).look).toEqual(expected);
});

test('all tags are asked for where the disk is another one: it names a tag differently, or one that the registry does not list', async () => {
	const differing = lookWithDisk(linksOf({...served, stable: other, v1: other, sbom: wanted}));
	const unlisted = lookWithDisk(linksOf({...served, stable: other, more: other}));

	expect(await differing.look).toEqual(expected);
	expect(await unlisted.look).toEqual(expected);
	expect(differing.asked.sort()).toEqual(Object.keys(served).sort());
});

test('all tags are asked for where the disk cannot be read', async () => {
	const broken = new OperatorError('storage.denied', 'It may not be read.', {hint: 'Look.', exit: 'refused'});

	const {asked, look} = lookWithDisk(broken);

	expect(await look).toEqual(expected);
	expect(new Set(asked)).toEqual(new Set(Object.keys(served)));
});

test('without a disk, looks of one plan share what the tags named until it is five seconds old, and ask for what is new', async () => {
	const clock = fakeClock();
	const {registry, asked} = open();
	const look = (of: Digest) => lookAround(registry, repository, of, contextWith({registry, clock}));
	const timesOf = (tag: string) => asked.filter(each => each === tag).length;

	const [first, second] = await Promise.all([look(digest), look(other.digest)]);
	registry.served.set('late', wanted);
	const third = await look(digest);
	const shared = timesOf('v2');
	await clock.sleep(5_001, {signal: AbortSignal.timeout(1_000)});
	registry.served.set('v3', wanted);
	const fourth = await look(digest);

	expect(first).toEqual(expected);
	expect(second.tags).toEqual([signature, 'v2', 'v3'].sort());
	expect(third.tags).toEqual(['late', 'stable', 'v1']);
	// Once by the look that is shared, once by the second, whose digest it names.
	expect(shared).toBe(2);
	expect(fourth.tags).toEqual(['late', 'stable', 'v1', 'v3']);
	expect(timesOf('v2')).toBe(3);
});

test('who shares the look of a cancelled item takes one of its own', async () => {
	const {registry} = open();
	const cancelled = new AbortController();
	const {tags} = registry;
	const begun = Promise.withResolvers<void>();
	registry.tags = async (name, waiting) => {
		begun.resolve();
		await new Promise(resolve => setImmediate(resolve));
		waiting.signal.throwIfAborted();
		return tags(name, waiting);
	};

	const first = lookAround(registry, repository, digest, contextWith({registry}, {signal: cancelled.signal}));
	const second = lookAround(registry, repository, digest, contextWith({registry}));
	await begun.promise;
	cancelled.abort(new Error('skipped'));

	await expect(first).rejects.toThrow('skipped');
	expect(await second).toEqual(expected);
});
