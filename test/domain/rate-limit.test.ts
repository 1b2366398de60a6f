import fc from 'fast-check';
import {expect, test} from 'vitest';
import {readRateLimit, sayRateLimit} from '../../src/domain/rate-limit.ts';

test.each([
	[
		'76;w=21600',
		'100;w=21600',
		{remaining: 76, limit: 100, windowSeconds: 21_600},
		'76 of 100 requests are left in 6 h',
	],
	['0;w=21600', '200;w=21600', {remaining: 0, limit: 200, windowSeconds: 21_600}, '0 of 200 requests are left in 6 h'],
	['12', undefined, {remaining: 12}, '12 requests are left'],
	['3', '10, 10;w=1', {remaining: 3, limit: 10}, '3 of 10 requests are left'],
])('a remainder of %s and a limit of %s are read', (remaining, limit, read, says) => {
	expect(readRateLimit(remaining, limit)).toEqual(read);
	expect(sayRateLimit(readRateLimit(remaining, limit)!)).toBe(says);
});

test('whatever else stands in the headers is no limit', () => {
	expect(readRateLimit(undefined, '100;w=21600')).toBeUndefined();
	fc.assert(
		fc.property(fc.string(), fc.option(fc.string(), {nil: undefined}), (remaining, limit) => {
			const read = readRateLimit(remaining, limit);
			expect(read === undefined || Number.isInteger(read.remaining)).toBe(true);
		}),
	);
});
