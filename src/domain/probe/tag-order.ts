import semver, {type SemVer} from 'semver';

/** Tags that move with every push, the most common first. */
const floating =
	'latest stable main master release prod production live current lts edge nightly dev develop development devel head trunk next rolling canary staging stage testing test preview default'.split(
		' ',
	);

/** `build-376`, `P376`, `376`: numbered by a CI. */
const counted = /^(?:(?:build|run|job|ci|rev|pr|b|r|p|n)[-_.]?)?(\d{1,9})$/i;

type Scheme = 'floating' | 'version' | 'date' | 'number' | 'other';
type Ranked = {
	tag: string;
	scheme: Scheme;
	/** Greater is newer. */
	rank: number;
	version?: SemVer;
};

const schemes: Scheme[] = ['floating', 'version', 'date', 'number', 'other'];

/**
 * The newest tags by their names: a registry does not report when a tag was pushed.
 * Floating tags (`latest`) come first, because most people pull them. Then in turn the highest version, the latest date and
 * the highest number, because a repository may have nightly builds beside its releases. Names without an order (commit
 * hashes) come last.
 * @returns no more than `most`; the same for the same tags, whatever their order
 */
export function newestTags(tags: readonly string[], most: number): string[] {
	const ranked = [...new Set(tags)].map(rank).sort(compare);
	const of = (...wanted: Scheme[]) => ranked.filter(({scheme}) => wanted.includes(scheme));
	const turns = [of('version'), of('date'), of('number')];
	const longest = Math.max(...turns.map(({length}) => length));
	const inTurn = Array.from({length: longest}, (_, at) => turns.flatMap(list => list[at] ?? [])).flat();
	return [...of('floating'), ...inTurn, ...of('other')].slice(0, most).map(({tag}) => tag);
}

/** A total order: newer first, within each naming scheme. */
export function compareTags(one: string, other: string): number {
	return compare(rank(one), rank(other));
}

function rank(tag: string): Ranked {
	const place = floatingPlace(tag);
	if (place !== undefined) {
		return {tag, scheme: 'floating', rank: -place};
	}

	const date = dateOf(tag);
	if (date !== undefined) {
		return {tag, scheme: 'date', rank: date};
	}

	const version = versionOf(tag);
	if (version) {
		return {tag, scheme: 'version', rank: 0, version};
	}

	const number = counted.exec(tag)?.[1];
	if (number !== undefined) {
		return {tag, scheme: 'number', rank: Number(number)};
	}

	const within = dateWithin(tag);
	return within === undefined ? {tag, scheme: 'other', rank: 0} : {tag, scheme: 'date', rank: within};
}

/** `latest`, then `latest-arm64`, `stable-slim`, then `alpine-latest`; not `release-1.2`, which stays. */
function floatingPlace(tag: string): number | undefined {
	const [first = '', ...rest] = tag.toLowerCase().split(/[-_.]/);
	const place = floating.indexOf(first);
	if (place !== -1 && (first === 'latest' || !/\d/.test(rest.join('')))) {
		return place + (rest.length === 0 ? 0 : floating.length);
	}

	return rest.at(-1) === 'latest' ? 2 * floating.length : undefined;
}

/** Also `v2.8.3`, `3.22` and `v2`, with anything behind. */
function versionOf(tag: string): SemVer | undefined {
	const parts = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?![\dA-Za-z])/.exec(tag);
	if (!parts || (parts[2] === undefined && !tag.startsWith('v'))) {
		return undefined;
	}

	return semver.parse(tag, {loose: true}) ?? semver.coerce(tag) ?? undefined;
}

function compare(one: Ranked, other: Ranked): number {
	return (
		schemes.indexOf(one.scheme) - schemes.indexOf(other.scheme) ||
		compareVersions(one.version, other.version) ||
		other.rank - one.rank ||
		compareNames(one.tag, other.tag)
	);
}

/** The suffix of a tag is a variant more often than a pre-release: `2.8.3-alpine` is as new as `2.8.3`. */
function compareVersions(one: SemVer | undefined, other: SemVer | undefined): number {
	return one && other ? other.compareMain(one) || comparePre(one.prerelease.join('.'), other.prerelease.join('.')) : 0;
}

/** By the numbers in them, also without a dot: `rc10` is newer than `rc2`, and 14 commits after a tag are newer than 5. */
function comparePre(one: string, other: string): number {
	if (one === '' || other === '') {
		return Number(one !== '') - Number(other !== '');
	}

	const [left, right] = [one, other].map(text => text.split(/(\d{1,15})/));
	for (let at = 0; at < Math.min(left!.length, right!.length); at++) {
		const [a, b] = [left![at]!, right![at]!];
		const difference = at % 2 === 1 ? Number(b) - Number(a) : compareUnits(b, a);
		if (difference !== 0) {
			return difference;
		}
	}

	return right!.length - left!.length;
}

/** Numbers in them compare as numbers, greater first; then by code unit, so that two different names are never equal. */
function compareNames(one: string, other: string): number {
	const [left, right] = [one, other].map(text => text.split(/(\d{1,15})/));
	for (let at = 0; at < Math.min(left!.length, right!.length); at++) {
		const [a, b] = [left![at]!, right![at]!];
		const difference = at % 2 === 1 ? Number(b) - Number(a) : compareUnits(a, b);
		if (difference !== 0) {
			return difference;
		}
	}

	return compareUnits(one, other);
}

function compareUnits(one: string, other: string): number {
	return one < other ? -1 : one > other ? 1 : 0;
}

/**
 * The time in a tag, in milliseconds since 1970, UTC; undefined where there is none.
 * `20260419`, `2026-04-19`, `2026.4.1`, `20260419-101500`, `2026-04`, Unix seconds and milliseconds.
 */
function dateOf(tag: string): number | undefined {
	const whole = /^\d{10}$|^\d{13}$/.test(tag) ? Number(tag) * (tag.length === 10 ? 1000 : 1) : undefined;
	return whole !== undefined && isPlausible(whole) ? whole : (fullDate(tag, /^/) ?? month(tag));
}

/** The same, anywhere in the tag: `main-20260419-4f0c2ab`. */
function dateWithin(tag: string): number | undefined {
	return fullDate(tag, /(?<!\d)/);
}

const day = /(20\d{2})([-._]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])/;
/** `2026.4.1`: only as a whole tag, or it would be a version. */
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

/** From 2010 to 2099: other numbers of this length are no times. */
function isPlausible(milliseconds: number): boolean {
	return milliseconds >= Date.UTC(2010) && milliseconds < Date.UTC(2100);
}
