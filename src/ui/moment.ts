const dayMs = 24 * 3_600_000;

/** `09:00` is the last time it was nine in UTC; a date and time without a zone is UTC too. ISO 8601, or undefined. */
export function momentOf(text: string, now: number): string | undefined {
	const clock = /^(\d{1,2}):(\d{2})(?:\s*(?:UTC|Z))?$/i.exec(text);
	if (clock) {
		const [hours, minutes] = [Number(clock[1]), Number(clock[2])];
		const today = new Date(now).setUTCHours(hours, minutes, 0, 0);
		return hours < 24 && minutes < 60 ? new Date(today > now ? today - dayMs : today).toISOString() : undefined;
	}

	const written = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/i.exec(text);
	if (!written) {
		return undefined;
	}

	const [, date, time, zone = 'Z'] = written;
	const at = Date.parse(`${date}T${time}${/^utc$/i.test(zone) ? 'Z' : zone}`);
	return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
