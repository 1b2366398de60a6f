import {Cron} from 'croner';
import {defined} from '../defined.ts';

/** The time zone that a host's cron counts in. `name`: as in `Europe/Berlin`, where it is known: only that tells of summer time. */
export type HostZone = {name?: string; offsetMinutes: number};

const months = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec';
const days = 'sun|mon|tue|wed|thu|fri|sat';
/** What cron reads. The library knows more (`L`, `W`, `#`, seconds), which no cron does. */
const field = new RegExp(`^(?:\\*|\\d+|${months}|${days})(?:[-,/](?:\\*|\\d+|${months}|${days}))*$`, 'i');
const nicknames = /^@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)$/;

/**
 * When cron starts a line of a crontab next, as vixie-cron and cronie do it: a time that summer time skips comes right after the
 * skip, and one that it repeats comes once.
 * @param after milliseconds since 1970
 * @returns milliseconds since 1970; undefined where the expression has no next time, or is not understood
 * @see crontab(5): where the day of the month or of the week begins with `*`, both have to match; else one of them
 * @see cron(8), "daylight saving time and other time changes"
 */
export function nextCronStart(expression: string, {after, zone}: {after: number; zone: HostZone}): number | undefined {
	const fields = expression.trim().split(/\s+/);
	const isNickname = fields.length === 1 && nicknames.test(fields[0]!);
	if (!isNickname && (fields.length !== 5 || !fields.every(each => field.test(each)))) {
		return undefined;
	}

	const domAndDow = !isNickname && (fields[2]!.startsWith('*') || fields[4]!.startsWith('*'));
	try {
		const cron = new Cron(fields.join(' '), {
			paused: true,
			domAndDow,
			...(isZone(zone.name) ? defined({timezone: zone.name}) : {utcOffset: zone.offsetMinutes}),
		});
		return cron.nextRun(new Date(after))?.getTime();
	} catch {
		return undefined;
	}
}

/** Whether this Node has the zone's rules. */
export function isZone(name: string | undefined): name is string {
	try {
		return name !== undefined && new Intl.DateTimeFormat('en', {timeZone: name}) !== undefined;
	} catch {
		return false;
	}
}
