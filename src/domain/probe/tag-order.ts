import semver, {type SemVer} from 'semver';
import {dateOf, dateWithin} from './tag-age.ts';

/** Names that move to what was pushed last, the commonest first. */
const floating =
	'latest stable main master release prod production live current lts edge nightly dev develop development devel head trunk next rolling canary staging stage testing test preview default'.split(
		' ',
	);

/** `build-376`, `P376`, `376`: counted by a CI. */
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
 * The newest tags, going by their names: a registry does not say when a tag was pushed.
 * First those that float (`latest`), as most people pull them. Then in turn the highest version, the latest date, the
 * highest number, since a repository may have nightly builds beside its releases. Names that say nothing (commit hashes)
 * come last.
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

/** A total order: newer first, within each way of naming. */
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

/** Loosely: `v2.8.3`, `3.22` and `v2`, too; and what follows may be anything. */
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

/** In a tag, what follows the numbers is a variant more often than a pre-release: `2.8.3-alpine` is as new as `2.8.3`. */
function compareVersions(one: SemVer | undefined, other: SemVer | undefined): number {
	return one && other ? other.compareMain(one) || comparePre(one.prerelease.join('.'), other.prerelease.join('.')) : 0;
}

/** By the numbers in them, also where no dot is before: `rc10` is newer than `rc2`, and 14 commits behind a tag than 5. */
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

/** Numbers in them count as numbers, greater first; then by code unit, so that no two differ in nothing. */
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
