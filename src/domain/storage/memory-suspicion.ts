import {partsGone} from '../remedy/redis-keys.ts';
import {sayTime} from '../text/time.ts';
import {count} from '../text/wording.ts';
import type {Finding} from './findings/finding.ts';
import type {StorageListing} from './listing/listing.ts';
import {isoTime, openTimes} from './listing/times.ts';

/**
 * What the age of the registry's process and the times on its disk say of its memory; none of it is a proof. Times are ISO
 * 8601, in UTC. `older-process`: it has run since before data was lost. `links-since`: and links to lost data were written
 * after the loss, as a registry does that believes it has the data. `restore`: such links are in many repositories, and the
 * process was started after them, so that it remembers nothing: data and links were restored as of different times.
 */
export type Suspicion =
	| {kind: 'older-process'; started: string; lost: string}
	| {kind: 'links-since'; started: string; lost: string; links: number}
	| {kind: 'restore'; started: string; repositories: number};

/** Times of processes are known to the second. */
const sameMomentSeconds = 2;
const manyRepositories = 3;

/** @param started when the process that serves the store was started, in seconds since 1970 */
export function suspectMemory(
	findings: readonly Finding[],
	listing: StorageListing,
	started: number | undefined,
): Suspicion | undefined {
	if (started === undefined || listing.preciseTimes === false) {
		return undefined;
	}

	const losses = lossesIn(findings, listing);
	const swallowed = losses.filter(isLinkedSince);
	const repositories = new Set(swallowed.map(({repository}) => repository)).size;
	if (repositories >= manyRepositories && swallowed.every(({linked = 0}) => started > linked)) {
		return {kind: 'restore', started: isoTime(started), repositories};
	}

	const since = losses.filter(({lost}) => lost > started + sameMomentSeconds);
	const [first] = since.map(({lost}) => lost).sort((one, other) => one - other);
	if (first === undefined) {
		return undefined;
	}

	const links = since.filter(loss => swallowed.includes(loss)).length;
	const times = {started: isoTime(started), lost: isoTime(first)};
	return links > 0 ? {kind: 'links-since', ...times, links} : {kind: 'older-process', ...times};
}

/** Whether links are newer than the loss of their data in many repositories: whether that is a restore, the age of the process tells. */
export function mayBeRestored(findings: readonly Finding[], listing: StorageListing): boolean {
	const swallowed = lossesIn(findings, listing).filter(isLinkedSince);
	return new Set(swallowed.map(({repository}) => repository)).size >= manyRepositories;
}

/** Whether data is gone, so that a registry may remember what its disk lacks. */
export function hasLostData(findings: readonly Finding[], {blobs}: StorageListing): boolean {
	return partsGone(findings).some(({digest}) => !blobs.has(digest));
}

/** `lost`: by when. `linked`: when the repository's link to it was written. */
type Loss = {repository: string; lost: number; linked: number | undefined};

function isLinkedSince({lost, linked = 0}: Loss): boolean {
	return linked > lost + sameMomentSeconds;
}

function lossesIn(findings: readonly Finding[], listing: StorageListing): Loss[] {
	const times = openTimes(listing);
	return partsGone(findings).flatMap(({repository, digest}) => {
		const lost = listing.blobs.has(digest) ? undefined : times.data(digest);
		const {layers, revisions} = listing.repositories.get(repository) ?? {};
		const linked = (layers?.get(digest) ?? revisions?.get(digest))?.changed;
		return lost === undefined ? [] : [{repository, lost, linked}];
	});
}

/** A sentence for the end of a scan. */
export function saySuspicion(suspicion: Suspicion): string {
	const started = sayTime(suspicion.started);
	switch (suspicion.kind) {
		case 'restore':
			return `This looks like a restore of data and links as of different times: in ${count(suspicion.repositories, 'repository', 'repositories')} links are newer than the loss of their data, and the registry was started after them (${started}), so its memory is not stale.`;

		case 'links-since':
			return `The registry’s memory may be stale (suspected, not proven): its process has run since ${started}, data was gone by ${sayTime(suspicion.lost)}, and ${count(suspicion.links, 'link')} to gone data ${suspicion.links === 1 ? 'was' : 'were'} written after that.`;

		case 'older-process':
			return `The registry’s memory may be stale (suspected, not proven): its process has run since ${started}, and data was gone by ${sayTime(suspicion.lost)}.`;
	}
}
