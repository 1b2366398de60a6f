import {expect, test} from 'vitest';
import {readTime} from '../../src/plain/time-answer.ts';

const now = new Date('2026-04-19T03:12:00Z');

test('a time of day is the last one that has been', () => {
	expect(readTime('2:15', now)).toBe('2026-04-19T02:15:00.000Z');
	expect(readTime('23:50', now)).toBe('2026-04-18T23:50:00.000Z');
});

test('a whole date is taken as it stands, in UTC', () => {
	expect(readTime('2026-04-17 22:00', now)).toBe('2026-04-17T22:00:00.000Z');
	expect(readTime('2026-04-17T22:00:30Z', now)).toBe('2026-04-17T22:00:30.000Z');
});

test.each(['25:00', '12:61', 'yesterday', '', '2026-04-20 01:00'])('"%s" is no time that has been', text => {
	expect(readTime(text, now)).toBeUndefined();
});
