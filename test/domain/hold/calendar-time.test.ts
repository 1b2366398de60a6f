import {execFileSync} from 'node:child_process';
import {describe, expect, it} from 'vitest';
import {nextCalendarTime} from '../../../src/domain/hold/calendar-time.ts';
import {locate} from '../../support/real.ts';

const noon = '2026-04-18T12:00:30Z';

/** Calendar events, when it is, the host's zone, and the next start in UTC as systemd 252 says it. */
const table: [expression: string, now: string, zone: string, starts: string | undefined][] = [
	['daily', noon, 'Europe/Berlin', '2026-04-18T22:00:00'],
	['weekly', noon, 'UTC', '2026-04-20T00:00:00'],
	['monthly', noon, 'Asia/Tokyo', '2026-04-30T15:00:00'],
	['quarterly', noon, 'UTC', '2026-07-01T00:00:00'],
	['hourly', noon, 'UTC', '2026-04-18T13:00:00'],
	['yearly', noon, 'UTC', '2027-01-01T00:00:00'],
	['Sun 03:25', noon, 'Europe/Berlin', '2026-04-19T01:25:00'],
	['Sun *-*-* 03:25:00', noon, 'Europe/Berlin', '2026-04-19T01:25:00'],
	['Mon..Fri 02:00', noon, 'UTC', '2026-04-20T02:00:00'],
	['Sat,Sun 04:30', noon, 'Asia/Kolkata', '2026-04-18T23:00:00'],
	['Sat', noon, 'Europe/Berlin', '2026-04-24T22:00:00'],
	['*:0/15', noon, 'UTC', '2026-04-18T12:15:00'],
	['*-*-* 01..05/2:10', noon, 'UTC', '2026-04-19T01:10:00'],
	['*-*-01,15 02:30', noon, 'Europe/Berlin', '2026-05-01T00:30:00'],
	['*-02-29 03:00', noon, 'UTC', '2028-02-29T03:00:00'],
	['2026-12-31 23:59', noon, 'Pacific/Auckland', '2026-12-31T10:59:00'],
	['Fri *-*-13 03:00', noon, 'Europe/Berlin', '2026-11-13T02:00:00'],
	['03:00 America/New_York', noon, 'Europe/Berlin', '2026-04-19T07:00:00'],
	['03:00 UTC', noon, 'Europe/Berlin', '2026-04-19T03:00:00'],
	['*-*-* 06,18:00:30', noon, 'UTC', '2026-04-18T18:00:30'],
	// Summer time skips 02:30: not on that day.
	['02:30', '2026-03-28T23:00:00Z', 'Europe/Berlin', '2026-03-30T00:30:00'],
	// It repeats 02:30: the first, and no second.
	['02:30', '2026-10-24T23:00:00Z', 'Europe/Berlin', '2026-10-25T00:30:00'],
	['02:30', '2026-10-25T00:31:00Z', 'Europe/Berlin', '2026-10-26T01:30:00'],
	['2020-01-01', noon, 'UTC', undefined],
];

describe('the next time of a calendar event', () => {
	it.each(table)('is what systemd says: %s at %s in %s', (expression, now, name, starts) => {
		const next = nextCalendarTime(expression, {after: Date.parse(now), zone: {name, offsetMinutes: 0}});

		expect(next && new Date(next).toISOString()).toBe(starts && `${starts}.000Z`);
	});

	it.skipIf(locate('systemd-analyze') === undefined)('is what the systemd of this machine says', () => {
		for (const [expression, now, zone, starts] of table) {
			const base = `${now.slice(0, 10)} ${now.slice(11, 19)} UTC`;
			const said = execFileSync('systemd-analyze', ['calendar', `--base-time=${base}`, expression], {
				env: {...process.env, TZ: zone, LC_ALL: 'C'},
				encoding: 'utf8',
			});
			const [, day, clock] = /(?:\(in UTC\)|Next elapse): \w+ (\S+) (\S+) UTC/.exec(said) ?? [];

			expect(day && `${day}T${clock}`, expression).toBe(starts);
		}
	});

	it.each(['*-*~1 03:00', 'every day', 'Sun 25:00', '', '3:00 PM', '*-*-* 03:00 Nowhere/Near'])(
		'is not known of %j',
		expression => {
			const zone = {name: 'UTC', offsetMinutes: 0};

			expect(nextCalendarTime(expression, {after: Date.parse(noon), zone})).toBeUndefined();
		},
	);
});
