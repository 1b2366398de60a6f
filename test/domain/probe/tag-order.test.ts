import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {compareTags, newestTags} from '../../../src/domain/probe/tag-order.ts';

const version = fc
	.tuple(
		fc.constantFrom('', 'v'),
		fc.nat(3),
		fc.nat(12),
		fc.option(fc.nat(12)),
		fc.constantFrom('', '-alpine', '-rc.1', '.4'),
	)
	.map(([v, a, b, c, rest]) => `${v}${a}.${b}${c === null ? '' : `.${c}`}${rest}`);
const date = fc
	.tuple(
		fc.constantFrom('', 'main-', 'nightly-'),
		fc.constantFrom('', '-', '.'),
		fc.date({min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true}),
	)
	.map(([prefix, dash, day]) => prefix + day.toISOString().slice(0, 10).replaceAll('-', dash));
const tag = fc.oneof(
	version,
	date,
	fc.nat(2_000_000_000).map(String),
	fc.constantFrom('latest', 'stable', 'main', 'edge', 'latest-arm64', 'build-7', 'build-12', 'P3', 'v2', '3'),
	fc.stringMatching(/^[a-z0-9_][a-z0-9_.-]{0,12}$/),
	fc.stringMatching(/^[0-9a-f]{7,12}$/),
);

describe('the newest tags', () => {
	it.each<[string, string[]]>([
		['versions, by their numbers', ['v2.10.0', 'v2.9.1', 'v2.9.0', 'v1.0.0']],
		['a version, its variants, its candidate, the one before', ['2.8.3', '2.8.3-alpine', '2.8.2-alpine']],
		['versions with and without a v', ['2.0.0', 'v1.10.0', '1.9.0', 'v0.1']],
		['a version before its candidates', ['1.0.0', '1.0.0-rc.10', '1.0.0-rc.9', '1.0.0-beta.1', '0.9.0']],
		['candidates whose number has no dot', ['1.0.0', '1.0.0-rc10', '1.0.0-rc2', '1.0.0-beta3', '1.0.0-alpha']],
		['what git describe says', ['v1.2.4', 'v1.2.3', 'v1.2.3-14-g0def567', 'v1.2.3-5-gabc1234']],
		['versions written short', ['3.22', '3.21.4', '3.3']],
		['days, however they are written', ['20260420', '2026-04-19', '2026.04.18', 'nightly-20260417', '2026.4.1']],
		['times of one day', ['20260419-101501', '20260419-101500', '20260419T0900', '20260419']],
		['seconds since 1970 among days', ['1776600000', '20260418', '1776400000123']],
		['what a CI counted', ['build-376', '375', 'P99', 'b12']],
		[
			'names that float before all others',
			['latest', 'stable', 'main', 'edge', 'latest-arm64', 'stable-slim', '9.9.9', 'release-1.2'],
		],
		['names that say nothing, last', ['1.0', 'beef', 'cafe']],
	])('%s', (_, tags) => {
		expect(newestTags(tags.toReversed(), tags.length)).toEqual(tags);
	});

	it('include the floating ones, and put them first', () => {
		expect(newestTags(['1.0.0', '1.1.0', 'latest', 'stable', '1.2.0'], 3)).toEqual(['latest', 'stable', '1.2.0']);
		expect(newestTags(['1.0.0', 'latest', 'stable'], 1)).toEqual(['latest']);
	});

	it('are taken from releases and nightly builds in turn, so that neither hides the other', () => {
		const tags = ['1.0.0', '1.1.0', '1.2.0', '20260101', '20260102', '20260103'];

		expect(newestTags(tags, 4)).toEqual(['1.2.0', '20260103', '1.1.0', '20260102']);
	});

	it('are the same in whatever order they are listed, without duplicates, and no more than requested', () => {
		fc.assert(
			fc.property(fc.array(tag, {maxLength: 40}), fc.nat(50), fc.infiniteStream(fc.nat()), (tags, most, keys) => {
				const shuffled = tags.map(each => ({each, key: keys.next().value})).sort((a, b) => a.key - b.key);
				const newest = newestTags(tags, most);

				expect(
					newestTags(
						shuffled.map(({each}) => each),
						most,
					),
				).toEqual(newest);
				expect(newest).toHaveLength(Math.min(most, new Set(tags).size));
				expect(new Set(newest).size).toBe(newest.length);
				expect(tags).toEqual(expect.arrayContaining(newest));
			}),
		);
	});

	it('follow a total order', () => {
		fc.assert(
			fc.property(tag, tag, tag, (a, b, c) => {
				expect(Math.sign(compareTags(a, b))).toBe(-Math.sign(compareTags(b, a)) + 0);
				expect(compareTags(a, b) === 0).toBe(a === b);
				if (compareTags(a, b) <= 0 && compareTags(b, c) <= 0) {
					expect(compareTags(a, c)).toBeLessThanOrEqual(0);
				}
			}),
			{numRuns: 2000},
		);
	});

	it('distinguish tags that only look the same', () => {
		expect(compareTags('1.07', '1.7')).not.toBe(0);
		expect(newestTags(['app-07', 'app-7'], 2)).toEqual(newestTags(['app-7', 'app-07'], 2));
	});

	it('of any texts follow a total order', () => {
		fc.assert(
			fc.property(fc.array(fc.string({unit: 'binary'}), {maxLength: 8}), tags => {
				expect(newestTags(tags, 100)).toEqual(newestTags(tags.toReversed(), 100));
			}),
		);
	});
});
