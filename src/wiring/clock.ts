import {setTimeout as pause} from 'node:timers/promises';
import type {Clock} from '../engine/ports/clock.ts';

export const systemClock: Clock = {
	now: () => new Date(),
	monotonic: () => performance.now(),
	async sleep(milliseconds, {signal}) {
		await pause(milliseconds, undefined, {signal}).catch(error => {
			throw signal.aborted ? signal.reason : error;
		});
	},
};
