import {visibleLine} from './visible.ts';

/** A longer timer of Node ends at once. @see nodejs.org/api/timers.html, setTimeout */
export const longestTimerMs = 2 ** 31 - 1;

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

/** The last time that JavaScript has. @see ECMA-262, "Time Values and Time Range" */
const endOfTimeMs = 8.64e15;

/** Whether a text is a time with its date, as `readTime` reads one. */
export function isTime(text: string): boolean {
	return dateAndTime.test(text) && readTime(text, endOfTimeMs) !== undefined;
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

const units: Record<string, number> = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000};

/** Milliseconds of `90s`, `2m` or `1h`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
	const match = /^(\d+)(ms|s|m|h|d)$/.exec(text);
	return match ? Number(match[1]) * units[match[2]!]! : undefined;
}

/** For people: `0.4 s`, `42 s`, `3 min 20 s`, `2 h 15 min`. */
export function sayDuration(milliseconds: number): string {
	const seconds = milliseconds / 1000;
	if (seconds < 10) {
		return `${seconds.toFixed(1)} s`;
	}

	const whole = Math.round(seconds);
	if (whole < 60) {
		return `${whole} s`;
	}

	const minutes = Math.floor(whole / 60);
	if (minutes < 60) {
		return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
	}

	return minutes % 60 === 0 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** On a running clock: `00:04:12`. */
export function clockTime(milliseconds: number): string {
	const seconds = Math.max(0, Math.floor(milliseconds / 1000));
	return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
		.map(part => String(part).padStart(2, '0'))
		.join(':');
}
