import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {countDestructive, type PreparedItem, planItems} from '../../../src/domain/plan/items.ts';

const digest = `sha256:${'0'.repeat(64)}` as Digest;
const item = (image: string, more: Partial<PreparedItem> = {}): PreparedItem => ({
	image,
	remedy: 'rebuild-ci',
	changes: [{type: 'start-pipeline', repository: 'acme/infra', branch: 'main', cancels: []}],
	undo: 'cancel it',
	needs: [],
	...more,
});
const linkOnly = {
	remedy: 'relink',
	changes: [{type: 'store-manifest', repository: 'app', digest}],
} satisfies Partial<PreparedItem>;
const restart = {undo: 'none'};
const order = (items: readonly PreparedItem[], ...more: [typeof restart] | []) =>
	planItems(items, more[0]).map(({image}) => image ?? 'restart');

describe('the items of a plan', () => {
	it('store what only the memory still serves before the one restart, and everything else after it', () => {
		const items = planItems([item('ci'), item('app', linkOnly), item('web')], restart);

		expect(items.map(({id, image, after}) => [id, image, after])).toEqual([
			['1', 'app', []],
			['2', null, ['1']],
			['3', 'ci', ['2']],
			['4', 'web', ['2']],
		]);
	});

	it('wait for the images that their pipelines run in, also where those come later in the table', () => {
		const items = planItems([item('web', {needs: ['ci', 'elsewhere']}), item('ci')], undefined);

		expect(items.map(({image, after}) => [image, after])).toEqual([
			['ci', []],
			['web', ['1']],
		]);
	});

	it('do not wait for each other, nor for themselves', () => {
		expect(order([item('a', {needs: ['b', 'a']}), item('b', {needs: ['a']})])).toEqual(['b', 'a']);
	});

	it('hold each image once, and wait only for what comes before, whatever needs what', () => {
		const names = ['a', 'b', 'c', 'd', 'e', 'f'];
		const prepared = fc
			.uniqueArray(
				fc.record({image: fc.constantFrom(...names), needs: fc.array(fc.constantFrom(...names)), first: fc.boolean()}),
				{selector: ({image}) => image},
			)
			.map(all => all.map(({image, needs, first}) => item(image, {needs, ...(first ? linkOnly : {})})));
		fc.assert(
			fc.property(prepared, fc.boolean(), (all, restarts) => {
				const items = planItems(all, restarts ? restart : undefined);

				expect(items.flatMap(({image}) => image ?? []).sort()).toEqual(all.map(({image}) => image).sort());
				expect(items.filter(({remedy}) => remedy === 'restart')).toHaveLength(restarts ? 1 : 0);
				expect(new Set(items.map(({id}) => id)).size).toBe(items.length);
				for (const [n, {after}] of items.entries()) {
					expect(items.slice(0, n).map(({id}) => id)).toEqual(expect.arrayContaining(after));
				}
			}),
		);
	});

	it('are destructive where a tag that names something is pointed elsewhere, and each tag counts', () => {
		const to = `sha256:${'1'.repeat(64)}` as Digest;
		const point = (tag: string, from: Digest | null) => ({
			type: 'point-tag' as const,
			repository: 'app',
			tag,
			from,
			to,
		});
		const items = planItems(
			[
				item('a', {
					remedy: 're-point',
					changes: [point('latest', digest), point('1.4.2', digest), point('gone', null)],
				}),
				item('b', {remedy: 're-point', changes: [point('gone', null)]}),
			],
			undefined,
		);

		expect(items.map(({destructive}) => destructive)).toEqual([true, false]);
		expect(countDestructive(items)).toBe(2);
	});
});
