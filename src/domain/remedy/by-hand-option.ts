import {nameAllHeld} from '../storage/held-in-memory.ts';
import type {Facts} from './evidence.ts';
import {sayRedisKeys} from './redis-keys.ts';
import type {RemedyOption} from './remedy-option.ts';

/** What only a person can do. @param mayRestart whether regmedic can restart the registry, or it was restarted already */
export function byHandOption(facts: Facts, mayRestart: boolean): RemedyOption {
	const {staleKeys, isStale, heldOthers, storageFails} = facts;
	const option: RemedyOption = {
		key: 'by-hand',
		title: 'Repair it by hand',
		changes: 'nothing by itself: regmedic shows the commands',
		risk: 'not assessed',
		takes: 'unknown',
		recommended: false,
		why: 'When none of the other remedies applies.',
	};
	if (storageFails !== undefined) {
		return {
			...option,
			title: 'Repair the storage of the registry by hand',
			why: `${storageFails} Check on its host: the mount (is it the same for the host and for the container?), the permissions of the registry’s user, free space and inodes, open files, and the kernel’s log for errors of the disk. Then check the image again.`,
		};
	}

	if (staleKeys) {
		return {
			...option,
			title: 'Delete the stale keys from Redis by hand',
			changes: `in Redis, by hand: ${sayRedisKeys(staleKeys)}`,
			risk: 'low: the registry reads the disk again for what Redis does not hold',
			takes: 'a minute',
			why: 'The registry answers from its cache in Redis for data that is gone from the disk: a push would leave it out. Delete the keys first (the log of the scan has the commands), then rebuild.',
		};
	}

	if (isStale && heldOthers.length > 0) {
		return {
			...option,
			title: 'Relink the other images first, by hand',
			why: `The registry has to be restarted before anything is pushed, and it serves ${nameAllHeld(heldOthers)} only from its memory. Respond to those images first (\`regmedic respond\` relinks them), then check this one again.`,
		};
	}

	return isStale && !mayRestart
		? {
				...option,
				title: 'Restart the registry by hand',
				why: 'A registry that was not restarted since the loss answers a push of what is gone with 201, and stores nothing. Restart it, then check the image again.',
			}
		: option;
}
