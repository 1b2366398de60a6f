import {expect, test} from 'vitest';
import type {PlannedImage} from '../../../src/domain/incident/planned-images.ts';
import {checkPlanned} from '../../../src/engine/actions/check-planned.ts';
import {
	contextWith,
	damagedImage,
	type FakeRegistry,
	fakeRegistry,
	smallManifest,
	unreachable,
} from '../../support/fake-ports.ts';

const own = smallManifest('own');
const damaged = {...damagedImage(own.digest), tags: ['2026-04', 'latest', 'next']};
type Item = NonNullable<PlannedImage['item']>;

async function check(registry: FakeRegistry, item: Partial<Item> = {}) {
	const image: PlannedImage = {
		damaged,
		ids: new Set([damaged.id]),
		item: {remedy: 'relink', outcome: 'done', say: '', ...item},
	};
	const [checked] = await checkPlanned(contextWith({registry}, {planned: [image]}));
	return checked!;
}

test('a repaired image whose first tag was deleted is checked by another one, and the tag is told as lost', async () => {
	const {
		check: found,
		reference,
		comparedToOriginal,
		said,
	} = await check(fakeRegistry({latest: own, next: own, [own.digest]: own}));

	expect(found!.verdict).toBe('intact');
	expect(reference).toMatch(/:latest$/);
	expect(comparedToOriginal).toMatchObject({same: false, tags: {lost: ['2026-04'], moved: []}});
	expect(said).toContain('2026-04 named the same image before, and does not name this one.');
});

test('a repaired image all of whose tags were deleted is checked by its digest, and all of them are told as lost', async () => {
	const {check: found, reference, comparedToOriginal} = await check(fakeRegistry({[own.digest]: own}));

	expect(found!.verdict).toBe('intact');
	expect(reference).toMatch(`@${own.digest}`);
	expect(comparedToOriginal).toMatchObject({same: false, tags: {lost: damaged.tags}});
});

test('a repaired image that the registry has neither by a tag nor by its digest is broken', async () => {
	expect((await check(fakeRegistry({}))).check!.verdict).toBe('broken');
});

test.each<Item['outcome']>(['failed', 'left', 'under way', 'unsure'])(
	'where the repair is %s, an absent first tag is broken: the digest does not stand for it',
	async outcome => {
		const {check: found} = await check(fakeRegistry({latest: own, [own.digest]: own}), {outcome});

		expect(found!.verdict).toBe('broken');
	},
);

test('a tag that cannot be read after one that was deleted leaves the image unknown', async () => {
	const registry = fakeRegistry({[own.digest]: own});
	const {manifest} = registry;
	registry.manifest = async (repository, reference, options) => {
		if (reference === 'latest') {
			throw unreachable();
		}

		return manifest(repository, reference, options);
	};

	expect((await check(registry)).check!.verdict).toBe('unknown');
});
