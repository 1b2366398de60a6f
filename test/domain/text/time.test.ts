import {expect, test} from 'vitest';
import {readTime, sayRecentTime, sayTime, sayTimeOfDay} from '../../../src/domain/text/time.ts';

const now = Date.parse('2026-04-19T03:12:00Z');

test('a time of day is the most recent one, in UTC', () => {
	expect(readTime('2:15', now)).toBe('2026-04-19T02:15:00.000Z');
	expect(readTime('03:12', now)).toBe('2026-04-19T03:12:00.000Z');
	expect(readTime('23:50 UTC', now)).toBe('2026-04-18T23:50:00.000Z');
	expect(readTime('02:15:30Z', now)).toBe('2026-04-19T02:15:30.000Z');
});

test('a whole date is read as written, in UTC unless it has an offset', () => {
	expect(readTime('2026-04-17 22:00', now)).toBe('2026-04-17T22:00:00.000Z');
	expect(readTime('2026-04-17T22:00:30.5Z', now)).toBe('2026-04-17T22:00:30.500Z');
	expect(readTime('2026-04-17 22:00 utc', now)).toBe('2026-04-17T22:00:00.000Z');
	expect(readTime('2026-04-17T22:00+02:00', now)).toBe('2026-04-17T20:00:00.000Z');
	expect(readTime('2026-04-17T9:00', now)).toBe('2026-04-17T09:00:00.000Z');
});

test.each([
	'25:00',
	'24:00',
	'12:61',
	'yesterday',
	'',
	'2026-04-20 01:00',
	'2026-02-30 10:00',
	'2026-04-19T03:00-02:00',
])('"%s" is not a past time', text => {
	expect(readTime(text, now)).toBeUndefined();
});

test('a time is said to the minute, of today without its date, of a clock to the second', () => {
	expect(sayTime('2026-04-19T02:00:11Z')).toBe('2026-04-19 02:00 UTC');
	expect(sayTime('some day')).toBe('some day');
	expect(sayRecentTime('2026-04-19T02:00:11Z', now)).toBe('02:00 UTC today');
	expect(sayRecentTime('2026-04-18T23:59:59Z', now)).toBe('2026-04-18 23:59 UTC');
	expect(sayTimeOfDay('2026-04-19T03:12:07.123Z')).toBe('03:12:07 UTC');
});
