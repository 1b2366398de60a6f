import {visibleLine} from './visible.ts';

const dayMs = 24 * 3_600_000;
const timeOfDay = String.raw`(\d{1,2}):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?`;
const onlyTime = new RegExp(`^${timeOfDay}\\s*(?:Z|UTC)?$`, 'i');
const dateAndTime = new RegExp(`^(\\d{4}-\\d{2}-\\d{2})[T ]${timeOfDay}\\s*(Z|UTC|[+-]\\d{2}:?\\d{2})?$`, 'i');

/**
 * A time that a person typed: `02:15` is the most recent 02:15; `2026-04-19 02:15` is that time. Both are UTC unless a date has
 * an offset.
 * @param now milliseconds since the epoch
 * @returns ISO 8601; undefined where the text is no time, or a time in the future
 */
export function readTime(text: string, now: number): string | undefined {
	const clock = onlyTime.exec(text);
	if (clock) {
		const [, hours, minutes, seconds] = clock;
		const today = instant({date: new Date(now).toISOString().slice(0, 10), hours: hours!, minutes: minutes!, seconds});
		return today === undefined ? undefined : new Date(today > now ? today - dayMs : today).toISOString();
	}

	const written = dateAndTime.exec(text);
	if (!written) {
		return undefined;
	}

	const [, date, hours, minutes, seconds, zone] = written;
	const at = instant({date: date!, hours: hours!, minutes: minutes!, seconds, zone});
	return at === undefined || at > now ? undefined : new Date(at).toISOString();
}

type WrittenTime = {
	/** `2026-04-19` */
	date: string;
	hours: string;
	minutes: string;
	seconds: string | undefined;
	/** An offset, `Z` or `UTC`; absent: UTC. */
	zone?: string | undefined;
};

/** @returns milliseconds since 1970; undefined: the calendar has no such time */
function instant({date, hours, minutes, seconds = '00', zone = 'Z'}: WrittenTime): number | undefined {
	// Date.parse turns the 30th of February and 24:00 into another day.
	const day = new Date(`${date}T00:00:00Z`);
	if (Number(hours) > 23 || Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date) {
		return undefined;
	}

	const offset = /^utc$/i.test(zone) ? 'Z' : zone;
	const at = Date.parse(`${date}T${hours.padStart(2, '0')}:${minutes}:${seconds}${offset}`);
	return Number.isNaN(at) ? undefined : at;
}

/** `2026-04-19 02:00 UTC`. What is no ISO 8601 time in UTC stays as it is. */
export function sayTime(iso: string): string {
	const [, date, time] = writtenTime.exec(iso) ?? [];
	return date === undefined ? visibleLine(iso) : `${date} ${time} UTC`;
}

/** `02:00 UTC today`; of another day `2026-04-19 02:00 UTC`. */
export function sayRecentTime(iso: string, now: number): string {
	const [, date, time] = writtenTime.exec(iso) ?? [];
	return date === new Date(now).toISOString().slice(0, 10) ? `${time} UTC today` : sayTime(iso);
}

/** `03:12:07 UTC` */
export function sayTimeOfDay(iso: string): string {
	return `${iso.slice(11, 19)} UTC`;
}

const writtenTime = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?Z$/;
