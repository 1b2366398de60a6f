import {setTimeout as pause} from 'node:timers/promises';
import {OperatorError} from '../../domain/errors.ts';
import type {Clock} from '../../engine/ports/clock.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {Busy, Failing} from './errors/refusals.ts';

const retries = 2;
const firstPauseMs = 250;
/** A server that fails on one thing is asked once more for it before that is taken for an answer. */
export const secondLookMs = 200;
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

/**
 * Repeats a read that failed for a passing reason. Never for anything that changes something.
 * @throws OperatorError registry.busy, at once, where the server wants more time than we have
 */
export async function patiently<T>(
	attempt: () => Promise<T>,
	{clock, random}: Patience,
	{signal}: Waiting,
): Promise<T> {
	for (let failed = 0; ; failed++) {
		try {
			return await attempt();
		} catch (error) {
			const most = error instanceof Failing ? 1 : error instanceof OperatorError && error.transient ? retries : 0;
			const asked = error instanceof Busy ? retryAfterMs(error.retryAfter, clock.now()) : undefined;

			if (asked !== undefined && asked > longestPauseMs) {
				throw askedForMore(error as Busy, asked);
			}

			if (failed >= most) {
				throw error;
			}

			const spread = firstPauseMs * 2 ** failed * (0.5 + random());
			await clock.sleep((asked ?? 0) + spread, {signal});
		}
	}
}

/** To come back before that time would only make it worse. */
function askedForMore({message}: Busy, milliseconds: number): OperatorError {
	const seconds = Math.ceil(milliseconds / 1000);
	return new OperatorError('registry.busy', message, {
		hint: `It asks to be left alone for ${seconds} s: try again after that, and ask who else is loading the registry.`,
		exit: 'unreachable',
	});
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
