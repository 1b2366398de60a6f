/**
 * When a tag says it was made, in milliseconds since 1970, UTC. Undefined: it does not say.
 * `20260419`, `2026-04-19`, `2026.4.1`, `20260419-101500`, `2026-04`, Unix seconds and milliseconds.
 */
export function dateOf(tag: string): number | undefined {
	const whole = /^\d{10}$|^\d{13}$/.test(tag) ? Number(tag) * (tag.length === 10 ? 1000 : 1) : undefined;
	return whole !== undefined && isPlausible(whole) ? whole : (fullDate(tag, /^/) ?? month(tag));
}

/** The same, anywhere in it: `main-20260419-4f0c2ab`. */
export function dateWithin(tag: string): number | undefined {
	return fullDate(tag, /(?<!\d)/);
}

const day = /(20\d{2})([-._]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])/;
/** `2026.4.1`: only whole, or it would be a version. */
const unpadded = /^(20\d{2})([-._])([1-9]|1[0-2])\2([1-9]|[12]\d|3[01])(?!\d)/;
const clock = /(?:[T_.-]?([01]\d|2[0-3])[-:._]?([0-5]\d)(?:[-:._]?([0-5]\d))?)?(?!\d)/;

function fullDate(tag: string, where: RegExp): number | undefined {
	const found = new RegExp(where.source + day.source + clock.source).exec(tag) ?? unpadded.exec(tag);
	if (!found) {
		return undefined;
	}

	const [, year, , months, days, hours = '0', minutes = '0', seconds = '0'] = found;
	return Date.UTC(
		...([year, Number(months) - 1, days, hours, minutes, seconds].map(Number) as [number, number, number]),
	);
}

function month(tag: string): number | undefined {
	const found = /^(20\d{2})[-._](0[1-9]|1[0-2])(?![\d.])/.exec(tag);
	return found ? Date.UTC(Number(found[1]), Number(found[2]) - 1) : undefined;
}

/** From 2010 to 2099: other numbers of this length are not times. */
function isPlausible(milliseconds: number): boolean {
	return milliseconds >= Date.UTC(2010) && milliseconds < Date.UTC(2100);
}
