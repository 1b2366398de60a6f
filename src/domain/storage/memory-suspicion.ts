import {partsGone} from '../remedy/redis-keys.ts';
import {sayTime} from '../text/time.ts';
import {count} from '../text/wording.ts';
import type {Finding} from './findings/finding.ts';
import type {StorageListing} from './listing/listing.ts';
import {isoTime, openTimes} from './listing/times.ts';

/**
 * What the age of the registry's process and the times on its disk say of its memory; none of it is a proof. Times are ISO
 * 8601, in UTC. `older-process`: it has run since before data was lost. `links-since`: links to lost data were written after
 * the loss, as a registry does that believes it has the data, and none that serves this store was started since; without
 * `started`, no such process was seen. `unknown-age`: data is gone, and when the process was started is not known. `restore`:
 * such links are in many repositories, and the process was started after them, so that it remembers nothing: data and links
 * were restored as of different times.
 */
export type Suspicion =
	| {kind: 'older-process'; started: string; lost: string}
	| {kind: 'links-since'; started?: string; lost: string; links: number}
	| {kind: 'unknown-age'; lost: string}
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
	if (listing.preciseTimes === false) {
		return undefined;
	}

	const losses = lossesIn(findings, listing);
	const swallowed = losses.filter(isLinkedSince);
	const repositories = new Set(swallowed.map(({repository}) => repository)).size;
	if (
		started !== undefined &&
		repositories >= manyRepositories &&
		swallowed.every(({linked = 0}) => started > linked)
	) {
		return {kind: 'restore', started: isoTime(started), repositories};
	}

	// The process that wrote such a link had the data in memory already: it is older than the loss.
	const traces = swallowed.filter(({linked = 0}) => started === undefined || started <= linked);
	if (traces.length > 0) {
		const lost = isoTime(first(traces));
		return started === undefined
			? {kind: 'links-since', lost, links: traces.length}
			: {kind: 'links-since', started: isoTime(started), lost, links: traces.length};
	}

	const since = losses.filter(({lost}) => started === undefined || lost > started + sameMomentSeconds);
	if (since.length === 0) {
		return undefined;
	}

	const lost = isoTime(first(since));
	return started === undefined ? {kind: 'unknown-age', lost} : {kind: 'older-process', started: isoTime(started), lost};
}

function first(losses: readonly Loss[]): number {
	return Math.min(...losses.map(({lost}) => lost));
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

/** Both are times of the same disk. */
function isLinkedSince({lost, linked = 0}: Loss): boolean {
	return linked > lost;
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
	switch (suspicion.kind) {
		case 'restore':
			return `This looks like a restore of data and links as of different times: in ${count(suspicion.repositories, 'repository', 'repositories')} links are newer than the loss of their data, and the registry was started after them (${sayTime(suspicion.started)}), so its memory is not stale.`;

		case 'links-since': {
			const {started, lost, links} = suspicion;
			const since = started === undefined ? '' : `its process has run since ${sayTime(started)}, `;
			return `The registry’s memory may be stale (suspected, not proven): ${since}data was gone by ${sayTime(lost)}, and ${count(links, 'link')} to gone data ${links === 1 ? 'was' : 'were'} written after that, as by a push that the registry answered from memory.`;
		}

		case 'older-process':
			return `The registry’s memory may be stale (suspected, not proven): its process has run since ${sayTime(suspicion.started)}, and data was gone by ${sayTime(suspicion.lost)}.`;

		case 'unknown-age':
			return `Whether the registry’s memory is stale is not known: data was gone by ${sayTime(suspicion.lost)}, and when the registry was started was not found out.`;
	}
}
