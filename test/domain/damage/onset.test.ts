import fc from 'fast-check';
import {expect, test} from 'vitest';
import {onsetOf} from '../../../src/domain/damage/onset.ts';

const now = Date.parse('2026-11-29T03:00:00Z');

test('the damage had begun by the earliest time that the disk shows', () => {
	const images = [{since: '2026-11-29T02:00:11Z'}, {}, {since: '2026-11-29T02:00:07Z'}];

	expect(onsetOf(images, now)).toBe('2026-11-29T02:00:07Z');
	expect(onsetOf([{}, {}], now)).toBeUndefined();
});

test('no time that is still to come is proposed, and none that is later than another one', () => {
	const second = fc.integer({min: -1_000, max: 1_000}).map(offset => new Date(now + offset * 1_000).toISOString());
	fc.assert(
		fc.property(fc.array(second), times => {
			const past = times.map(time => Date.parse(time)).filter(time => time <= now);
			const onset = onsetOf(
				times.map(since => ({since})),
				now,
			);

			expect(onset === undefined ? undefined : Date.parse(onset)).toBe(
				past.length === 0 ? undefined : Math.min(...past),
			);
		}),
	);
});
