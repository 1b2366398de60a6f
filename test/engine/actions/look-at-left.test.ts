import {expect, test} from 'vitest';
import type {Repaired} from '../../../src/domain/plan/judge-repair.ts';
import {lookAtLeft} from '../../../src/engine/actions/look-at-left.ts';
import {
	contextWith,
	damagedImage,
	type FakeRegistry,
	fakeRegistry,
	smallManifest,
	unreachable,
} from '../../support/fake-ports.ts';

const [own, other] = [smallManifest('own'), smallManifest('other')];
const damaged = {...damagedImage(own.digest), tags: ['latest', 'next']};
const left: Repaired = {image: {damaged, ids: new Set([damaged.id])}};
const repaired: Repaired = {image: {...left.image, item: {remedy: 'relink', outcome: 'done', say: ''}}};

const look = (registry: FakeRegistry, checked: Repaired[] = [left], images = [] as (typeof damaged)[]) =>
	lookAtLeft(checked, {images}, contextWith({registry}));

test('of an image that was left and is not damaged any more, it is told what its tags name', async () => {
	const [each] = await look(fakeRegistry({latest: own, next: other, [own.digest]: own}));

	expect(each!.leftNow).toEqual({
		tags: new Map([
			['latest', own.digest],
			['next', other.digest],
		]),
	});
});

test('where all of its tags were deleted, it is told whether the registry still has its digest', async () => {
	const tags = new Map([
		['latest', null],
		['next', null],
	]);

	expect(await look(fakeRegistry({[own.digest]: own}))).toMatchObject([{leftNow: {tags, isServed: true}}]);
	expect(await look(fakeRegistry({}))).toMatchObject([{leftNow: {tags, isServed: false}}]);
});

test('a tag that cannot be read is not called deleted', async () => {
	const registry = fakeRegistry({});
	registry.manifest = async () => {
		throw unreachable();
	};

	const [each] = await look(registry);

	expect(each!.leftNow).toEqual({tags: new Map()});
});

test('one that was repaired, and one that is still damaged, stay as they are: the registry is not asked', async () => {
	const registry = fakeRegistry({});
	registry.manifest = async () => expect.fail('asked');

	expect(await look(registry, [repaired])).toEqual([repaired]);
	expect(await look(registry, [left], [damaged])).toEqual([left]);
});
