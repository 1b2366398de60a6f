import {OperatorError} from '../../domain/errors.ts';
import type {Clock} from '../../engine/ports/clock.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {RegistryBusy, RegistryFailing} from './errors/refusals.ts';

const retries = 2;
const firstPauseMs = 250;
const longestPauseMs = 20_000;

export type Retrying = {
	clock: Pick<Clock, 'now' | 'sleep'>;
	/** From 0 up to 1 */
	random: () => number;
};

/**
 * Repeats a read that failed for a passing reason. Never use it for a request that changes something.
 * @throws OperatorError registry.busy, at once, where the registry asks for a longer pause than we make
 */
export async function withRetries<T>(
	attempt: () => Promise<T>,
	{clock, random}: Retrying,
	{signal}: Waiting,
): Promise<T> {
	for (let failed = 0; ; failed++) {
		try {
			return await attempt();
		} catch (error) {
			const busy = error instanceof RegistryBusy ? error : undefined;
			const requestedMs = busy && retryAfterMs(busy.retryAfter, clock.now());
			if (busy && requestedMs !== undefined && requestedMs > longestPauseMs) {
				throw busyFor(requestedMs, busy);
			}

			const most =
				error instanceof RegistryFailing ? 1 : error instanceof OperatorError && error.transient ? retries : 0;
			if (failed >= most) {
				throw error;
			}

			const backoff = firstPauseMs * 2 ** failed * (0.5 + random());
			await clock.sleep((requestedMs ?? 0) + backoff, {signal});
		}
	}
}

/** The pauses before a fault is reported that a second attempt has shown again. */
export const secondAttempt = [200] as const;
/** Where the registry fails and gives no reason, a failure that passes is more likely. */
export const thirdAttempt = [200, 1000] as const;

/** @param pausesFor how long to wait before each further attempt, in milliseconds; none where the result is reliable */
export async function withFurtherAttempts<T>(
	attempt: () => Promise<T>,
	pausesFor: (result: T) => readonly number[],
	{clock}: Retrying,
	waiting: Waiting,
): Promise<T> {
	let result = await attempt();

	for (let made = 0; made < pausesFor(result).length; made++) {
		await clock.sleep(pausesFor(result)[made]!, waiting);
		result = await attempt();
	}

	return result;
}

/** A request before that time would only add to the load. */
function busyFor(milliseconds: number, {message}: RegistryBusy): OperatorError {
	const seconds = Math.ceil(milliseconds / 1000);
	return new OperatorError('registry.busy', message, {
		hint: `It sent Retry-After: ${seconds} s. Try again after that, and check what else is putting load on the registry.`,
		exit: 'unreachable',
	});
}

/** `Retry-After` holds seconds or a date. @see RFC 9110, 10.2.3 */
function retryAfterMs(header: string | undefined, now: Date): number | undefined {
	const text = header?.trim() ?? '';

	if (/^\d+$/.test(text)) {
		return Number(text) * 1000;
	}

	const date = Date.parse(text);
	return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime());
}
