/**
 * `02:15` is the last time it was a quarter past two, `2026-04-19 02:15` says itself; both in UTC.
 * @returns ISO 8601; undefined: not a time, or one that has not been yet
 */
export function readTime(text: string, now: Date): string | undefined {
	const match = /^(?:(\d{4}-\d{2}-\d{2})[ T])?(\d{1,2}):(\d{2})(?::(\d{2}))?\s*(?:Z|UTC)?$/i.exec(text);
	if (!match) {
		return undefined;
	}

	const [, date, hours, minutes, seconds = '00'] = match;
	const clock = `${hours!.padStart(2, '0')}:${minutes}:${seconds}Z`;
	const dayMs = 86_400_000;
	const today = Date.parse(`${now.toISOString().slice(0, 10)}T${clock}`);
	const time = date === undefined ? (today > now.getTime() ? today - dayMs : today) : Date.parse(`${date}T${clock}`);
	return Number.isNaN(time) || time > now.getTime() ? undefined : new Date(time).toISOString();
}
