import {Cron} from 'croner';
import {defined} from '../defined.ts';
import {type HostZone, isZone} from './cron-time.ts';

/** @see systemd.time(7), calendar events */
const shorthands: Record<string, string> = {
	minutely: '*-*-* *:*:00',
	hourly: '*-*-* *:00:00',
	daily: '*-*-* 00:00:00',
	weekly: 'Mon *-*-* 00:00:00',
	monthly: '*-*-01 00:00:00',
	quarterly: '*-01,04,07,10-01 00:00:00',
	semiannually: '*-01,07-01 00:00:00',
	'semi-annually': '*-01,07-01 00:00:00',
	yearly: '*-01-01 00:00:00',
	annually: '*-01-01 00:00:00',
};

const date = /^(?:([^-\s]+)-)?([^-\s]+)-([^-\s]+)$/;
const time = /^([^:\s]+):([^:\s]+)(?::([^:\s]+))?$/;
const weekdays = /^(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*(?:\.\.|[-,]|$))+$/i;
const highest = {second: 59, minute: 59, hour: 23, day: 31, month: 12, year: 9999};

/**
 * When an OnCalendar of a timer elapses next. A time that summer time skips does not come on that day; one that it repeats comes
 * once. Weekday and date both have to match. Compared with `systemd-analyze calendar`.
 * @param after milliseconds since 1970
 * @returns milliseconds since 1970; undefined where it has no next time, or is not understood
 */
export function nextCalendarTime(
	expression: string,
	{after, zone}: {after: number; zone: HostZone},
): number | undefined {
	const words = (shorthands[expression.trim().toLowerCase()] ?? expression.trim()).split(/\s+/);
	const last = words.at(-1)!;
	const named = words.length > 1 && !time.test(last) && !date.test(last) && !weekdays.test(last) && isZone(last);
	const pattern = patternOf(named ? words.slice(0, -1) : words);
	const name = named ? last : zone.name;
	if (pattern === undefined) {
		return undefined;
	}

	try {
		const cron = new Cron(pattern, {
			paused: true,
			domAndDow: true,
			...(isZone(name) ? defined({timezone: name}) : {utcOffset: zone.offsetMinutes}),
		});
		let next = cron.nextRun(new Date(after));
		// In a time that is skipped the library goes on right after the skip.
		for (let tries = 0; next !== null && !cron.match(next); tries++) {
			next = tries > 3 ? null : cron.nextRun(next);
		}

		return next?.getTime();
	} catch {
		return undefined;
	}
}

/** As the library reads it: second, minute, hour, day, month, weekday, year. */
function patternOf(words: readonly string[]): string | undefined {
	const [days, ...rest] = weekdays.test(words[0] ?? '') ? words : ['*', ...words];
	const [first = '', second = ''] = rest;
	const [, year = '*', month = '*', day = '*'] = date.exec(first) ?? [];
	const isDated = date.test(first);
	const clock = isDated ? second : first;
	const [, hour = '0', minute = '0', seconds = '0'] = time.exec(clock) ?? [];
	const isNothing = words.every(word => word === '');
	if (isNothing || rest.length > (isDated ? 2 : 1) || (clock !== '' && !time.test(clock))) {
		return undefined;
	}

	const fields = [
		field(seconds, highest.second),
		field(minute, highest.minute),
		field(hour, highest.hour),
		field(day, highest.day),
		field(month, highest.month),
		days!
			.replaceAll('..', '-')
			.replace(/[a-z]+/gi, day => day.slice(0, 3))
			.replace(/,$/, ''),
		field(year, highest.year),
	];
	return fields.every(each => each !== undefined) ? fields.join(' ') : undefined;
}

/** `*`, `1,15`, `8..17`, `0/15`, `8..17/2`: a repetition begins at its number. */
function field(text: string, most: number): string | undefined {
	const parts = text.split(',').map(part => {
		const [, from, to, step] = /^(\*|\d+)(?:\.\.(\d+))?(?:\/(\d+))?$/.exec(part) ?? [];
		const begin = from === '*' ? '*' : from === undefined ? undefined : Number(from);
		return begin === undefined
			? undefined
			: `${begin}${to === undefined ? (step === undefined || begin === '*' ? '' : `-${most}`) : `-${Number(to)}`}${step === undefined ? '' : `/${step}`}`;
	});
	return parts.includes(undefined) ? undefined : parts.join(',');
}
