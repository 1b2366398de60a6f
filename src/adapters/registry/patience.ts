import {setTimeout as pause} from 'node:timers/promises';
import {OperatorError} from '../../domain/errors.ts';
import type {Clock, Waiting} from '../../engine/ports.ts';
import {Busy} from './refusals.ts';

const retries = 2;
const firstPauseMs = 250;
const longestPauseMs = 20_000;

export type Patience = {clock: Pick<Clock, 'now' | 'sleep'>; random: () => number};

export const usualClock: Pick<Clock, 'now' | 'monotonic' | 'sleep'> = {
	now: () => new Date(),
	monotonic: () => performance.now(),
	async sleep(milliseconds, {signal}) {
		signal.throwIfAborted();
		await pause(milliseconds, undefined, {signal}).catch(() => signal.throwIfAborted());
	},
};

/** Repeats a read that failed for a passing reason. Never for anything that changes something. */
export async function patiently<T>(
	attempt: () => Promise<T>,
	{clock, random}: Patience,
	{signal}: Waiting,
): Promise<T> {
	for (let failed = 0; ; failed++) {
		try {
			return await attempt();
		} catch (error) {
			if (failed === retries || !(error instanceof OperatorError) || !error.transient) {
				throw error;
			}

			const asked = error instanceof Busy ? retryAfterMs(error.retryAfter, clock.now()) : undefined;
			const spread = firstPauseMs * 2 ** failed * (0.5 + random());
			await clock.sleep(Math.min(asked ?? spread, longestPauseMs), {signal});
		}
	}
}

/** Seconds or a date. @see RFC 9110, 10.2.3 */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
	const text = header?.trim() ?? '';

	if (/^\d+$/.test(text)) {
		return Number(text) * 1000;
	}

	const date = Date.parse(text);
	return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime());
}
