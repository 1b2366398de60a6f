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
