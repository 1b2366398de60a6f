import {nameAllHeld} from '../storage/held-in-memory.ts';
import type {Facts} from './evidence.ts';

/** A memory is proven by an answer for what the disk lacks; where the disk is whole, it is only suspected. */
export function whyRestart(facts: Facts, isScanned: boolean): string {
	const {remembers, staleKeys, needsRestart, diskIsFine, isPartial, isClean, cache, suspicion} = facts;
	if (staleKeys) {
		return 'A restart does not help: the descriptor cache of this registry is in Redis, which keeps it.';
	}

	if (remembers) {
		const elsewhere =
			cache === 'unknown' ? ' Where its cache is was not found out: one in Redis outlives the restart.' : '';
		return `Proven: the registry answers from memory for data that is gone from the disk, and a push would leave it out. Restart first, then rebuild.${elsewhere}`;
	}

	if (diskIsFine) {
		return needsRestart
			? 'Not proven: the disk holds every part, and the registry does not serve them. Its memory may be stale.'
			: cache === 'redis'
				? 'The disk holds every part. If the registry answers from its cache, that is in Redis and outlives a restart: FLUSHDB there.'
				: 'The disk holds every part, and this registry has no descriptor cache that a restart would empty.';
	}

	if (suspicion?.kind === 'restore') {
		return 'The registry was started after the data was lost, and remembers nothing of it; a restart restores nothing.';
	}

	if (suspicion?.kind === 'unknown-age') {
		return 'Not known: data was lost, and when the registry was started was not found out. If that was before the loss, a push of that data is lost with a 201: restart before you push it again.';
	}

	if (suspicion?.kind === 'links-since') {
		return 'Suspected, not proven: links were written after their data was lost, as by a push that the registry answered from memory. Each push without a restart is lost with a 201: restart first, then rebuild.';
	}

	if (suspicion !== undefined) {
		return 'Suspected, not proven: the registry has run since before data was lost. If it remembers that data, a push leaves it out: restart before you push it again.';
	}

	if (needsRestart) {
		return 'The registry and its disk disagree: the registry answers from memory.';
	}

	if (isPartial) {
		return 'Not everything on the disk could be read: a restart helps only if the registry answers from memory.';
	}

	if (isClean) {
		return 'The scan found no damage, and nothing shows that the registry answers from memory.';
	}

	return isScanned
		? 'The disk itself is damaged; a restart restores nothing.'
		: 'The disk was not scanned: a restart helps only if the registry answers from memory.';
}

/** Why a restart would do harm. */
export function whyNoRestart({heldOwn, heldOthers}: Facts): string {
	return heldOwn.length > 0
		? 'Relink first: the registry serves parts of this image only from its memory, and would not after a restart.'
		: `The registry serves ${nameAllHeld(heldOthers)} only from its memory, and would not after a restart: respond to that first, which relinks it.`;
}
