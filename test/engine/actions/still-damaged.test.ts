import {expect, test} from 'vitest';
import type {DamagedImage} from '../../../src/domain/damage/damaged-image.ts';
import {parseReference} from '../../../src/domain/image/reference.ts';
import type {PathState} from '../../../src/domain/storage/listing/listing.ts';
import type {ActionContext, Ports} from '../../../src/engine/actions/action.ts';
import {stillDamaged} from '../../../src/engine/actions/still-damaged.ts';
import {
	damagedImage,
	type FakeRegistry,
	fakeRegistry,
	image,
	settings,
	smallManifest,
	unreachable,
} from '../../support/fake-ports.ts';

const [before, other] = [smallManifest('before'), smallManifest('other')];
const damaged = damagedImage(before.digest);
const lacks = ['blobs/sha256/aa/aaaa/data'];
const there: PathState = {state: 'there', size: 7};

function ask(
	registry: FakeRegistry,
	{expected = {}, disk}: {expected?: Partial<DamagedImage>; disk?: PathState} = {},
): ReturnType<typeof stillDamaged> {
	const storage = {recheck: async (paths: string[]) => new Map(paths.map(path => [path, disk]))};
	const ports = {registry, ...(disk && {storage})} as unknown as Ports;
	const context = {ports, settings, signal: new AbortController().signal} as ActionContext;
	return stillDamaged(parseReference(image), {damaged: {...damaged, ...expected}, lacks}, context);
}

const latest = (manifest: typeof before) => fakeRegistry({latest: manifest, [manifest.digest]: manifest});

function broken(): FakeRegistry {
	const registry = latest(before);
	registry.blob = async () => ({state: 'missing', status: 404, detail: 'blob unknown'});
	return registry;
}

test('the image that was approved, and is still damaged, may be changed', async () => {
	expect(await ask(broken())).toEqual({kind: 'holds'});
});

test('one that a colleague has made whole meanwhile is left alone', async () => {
	expect(await ask(latest(before), {disk: there})).toMatchObject({kind: 'already-whole'});
});

test('one that the registry serves from memory alone is not whole', async () => {
	expect(await ask(latest(before), {disk: {state: 'gone'}})).toEqual({kind: 'holds'});
	expect(await ask(latest(before), {disk: {state: 'unread'}})).toEqual({kind: 'holds'});
});

test('one with corrupt bytes is not whole because it answers', async () => {
	expect(await ask(latest(before), {expected: {findings: ['blob-corrupt']}, disk: there})).toEqual({kind: 'holds'});
});

test('a tag that has moved ends as changed, and says from what to what', async () => {
	expect(await ask(latest(other))).toMatchObject({kind: 'changed', say: expect.stringContaining('latest has moved')});
});

test('a tag that was removed ends as changed', async () => {
	expect(await ask(fakeRegistry({}))).toMatchObject({kind: 'changed', say: expect.stringContaining('was removed')});
});

test('a registry that does not respond leaves it unknown, and a person decides', async () => {
	const registry = latest(before);
	registry.manifest = async () => {
		throw unreachable();
	};

	expect(await ask(registry)).toMatchObject({kind: 'unknown', problem: {code: 'registry.unreachable'}});
});
