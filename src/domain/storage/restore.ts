import type {Digest} from '../image/digest.ts';
import {sayTime} from '../text/time.ts';
import {count} from '../text/wording.ts';
import type {StorageListing} from './listing/listing.ts';
import {isoTime} from './listing/times.ts';
import type {SetBack} from './walk/set-back.ts';

/**
 * What the times of many repositories at once say of a restore. Times are ISO 8601, UTC. `set-back`: links are of an older state
 * than the data: as of a time between `after` and `before`. `copied`: all links, or all data, were written anew within a short
 * time, which a copy does that keeps no times: their times are then no ages.
 */
export type Restore =
	| {kind: 'set-back'; tags: number; images: number; repositories: number; after?: string; before: string}
	| {kind: 'copied'; what: 'links' | 'data'; repositories: number; from: string; until: string};

const manyRepositories = 3;
const manyImages = 3;
const sameMomentSeconds = 2;
/** A copy writes without a longer pause. */
const pauseSeconds = 60;
const mostOfThem = 0.9;

/** @param vanished images without a link: an older state of the links does not have them */
export function recogniseRestore(
	listing: StorageListing,
	{setBack, vanished}: {setBack: readonly SetBack[]; vanished: readonly {digest: Digest}[]},
): Restore | undefined {
	const unlinked = vanished.map(({digest}) => digest);
	return listing.preciseTimes === false ? undefined : (linksSetBack(listing, setBack, unlinked) ?? copied(listing));
}

function linksSetBack(
	listing: StorageListing,
	setBack: readonly SetBack[],
	unlinked: readonly Digest[],
): Restore | undefined {
	const repositories = new Set(setBack.map(({repository}) => repository)).size;
	const images = newerThanAllLinks(listing, unlinked);
	if (repositories < manyRepositories && images.length < manyImages) {
		return undefined;
	}

	const after = Math.max(...setBack.map(({set}) => set));
	const before = Math.min(...setBack.map(({later}) => later.at(-1)!.named), ...images);
	return {
		kind: 'set-back',
		tags: setBack.length,
		images: images.length,
		repositories,
		...(setBack.length > 0 && after <= before ? {after: isoTime(after)} : {}),
		before: isoTime(before),
	};
}

/**
 * Whoever deletes a repository renews the time of the folder above it. A restore that keeps times leaves nothing among the
 * repositories that is as new as the data of what it took away. @returns when such data was written
 */
function newerThanAllLinks({repositories, folders, blobs}: StorageListing, unlinked: readonly Digest[]): number[] {
	if (unlinked.length < manyImages || folders === undefined) {
		return [];
	}

	let newest = Number.NEGATIVE_INFINITY;
	for (const {tags, revisions, layers} of repositories.values()) {
		for (const links of [revisions, layers]) {
			for (const {changed} of links.values()) {
				newest = Math.max(newest, changed);
			}
		}

		for (const {link, history} of tags.values()) {
			newest = Math.max(newest, link?.changed ?? newest, ...(history?.values() ?? []));
		}
	}

	for (const [path, changed] of folders) {
		newest = path === 'repositories' || path.startsWith('repositories/') ? Math.max(newest, changed) : newest;
	}

	return unlinked.map(digest => blobs.get(digest)!.changed).filter(changed => changed > newest + sameMomentSeconds);
}

/**
 * A push writes the data of a layer, then the link to it: in a store that pushes have filled, the links and the data of different
 * images are mixed in time. Where even the oldest link is newer than nearly all data, or the oldest data than nearly all links,
 * a copy has written them.
 */
function copied({repositories, blobs}: StorageListing): Restore | undefined {
	if (repositories.size < manyRepositories) {
		return undefined;
	}

	const links = sorted([...repositories.values()].flatMap(({layers}) => [...layers.values()]));
	const data = sorted([...blobs.values()]);
	const [what, times, others] = isAfter(links, data)
		? (['links', links, data] as const)
		: (['data', data, links] as const);
	if (!isAfter(times, others)) {
		return undefined;
	}

	const until = endOfRun(times, 0);
	// Where the others were written without a pause as well, they were copied first.
	const isWhole = endOfRun(others, 0) >= others[Math.floor(others.length * mostOfThem)]!;
	const from = isWhole ? others[0]! : times[0]!;
	return {kind: 'copied', what, repositories: repositories.size, from: isoTime(from), until: isoTime(until)};
}

function sorted(files: readonly {changed: number}[]): Float64Array {
	return Float64Array.from(files, ({changed}) => changed).sort();
}

function isAfter(times: Float64Array, others: Float64Array): boolean {
	const last = others[Math.min(Math.floor(others.length * mostOfThem), others.length - 1)];
	return times.length > 0 && last !== undefined && times[0]! > last + sameMomentSeconds;
}

function endOfRun(times: Float64Array, from: number): number {
	let at = from;
	while (at + 1 < times.length && times[at + 1]! - times[at]! <= pauseSeconds) {
		at++;
	}

	return times[at]!;
}

/** Whether a time on the disk is that of the restore, and not of what happened there. @param time seconds since 1970 */
export function isOfRestore(restore: Restore | undefined, time: number): boolean {
	if (restore === undefined) {
		return false;
	}

	const [from, until] =
		restore.kind === 'set-back'
			? [Number.NEGATIVE_INFINITY, restore.before]
			: [Date.parse(restore.from) / 1000, restore.until];
	return time >= from && time <= Date.parse(until) / 1000 + pauseSeconds;
}

/** A sentence for the end of a scan. */
export function sayRestore(restore: Restore): string {
	if (restore.kind === 'copied') {
		const {what, repositories, from, until} = restore;
		return `This looks like a restore, or a copy, that kept no times: the ${what} of ${count(repositories, 'repository', 'repositories')} ${what === 'links' ? 'were' : 'was'} written between ${sayTime(from)} and ${sayTime(until)}. Times before its end are no ages.`;
	}

	const {tags, images, repositories, after, before} = restore;
	const moved =
		tags === 0 ? [] : [`${count(tags, 'tag')} of ${count(repositories, 'repository', 'repositories')} moved back`];
	const lost = images === 0 ? [] : [`${count(images, 'image')} newer than every link`];
	const when = after === undefined ? `before ${sayTime(before)}` : `between ${sayTime(after)} and ${sayTime(before)}`;
	return `This looks like a restore of older links over newer data: ${[...moved, ...lost].join(', ')}. The links are as of a time ${when}.`;
}
