import {OperatorError} from '../../domain/errors.ts';
import {sayDuration} from '../../domain/text/time.ts';
import type {ActionContext} from './action.ts';

const pauseMs = 2_000;

/**
 * Looks for the effect of a request whose reply was lost: it may still be on its way until the time-outs of the other side have
 * passed. Until then it is not seen yet; that it did not happen is never said. A look that fails tells nothing.
 * @throws what the last look threw
 */
export async function lookForLost<T>(
	look: () => Promise<T | undefined>,
	patienceMs: number,
	context: ActionContext,
): Promise<T | undefined> {
	const {clock} = context.ports;
	const until = clock.monotonic() + patienceMs;
	for (let isFirst = true; ; isFirst = false) {
		const seen = await look().then(
			found => ({found}),
			(error: unknown) => ({error}),
		);
		const left = until - clock.monotonic();
		if ('error' in seen) {
			context.signal.throwIfAborted();
			if (left <= 0) {
				throw seen.error;
			}
		} else if (seen.found !== undefined || left <= 0) {
			return seen.found;
		}

		if (isFirst) {
			context.log(`It is not known whether the order arrived. Looking for what it started for ${sayDuration(left)}.`);
		}

		context.progress({label: `not seen yet; looking for it for ${sayDuration(left)}`});
		await clock.sleep(Math.min(pauseMs, left), context);
	}
}

/** The record that a lost order was looked for in vain. */
const notSeen = 'not-seen';

/**
 * Sends an order; where its response is lost, looks for what it started.
 * @throws OperatorError effect.unknown: nothing was seen of it in time
 */
export async function foundIfLost<T>(
	{place, look, patienceMs}: {place(): Promise<T>; look(): Promise<T | undefined>; patienceMs: number},
	context: ActionContext,
): Promise<T> {
	try {
		return await place();
	} catch (error) {
		context.signal.throwIfAborted();
		if (!(error instanceof OperatorError && error.code === 'effect.unknown')) {
			throw error;
		}

		const found = await lookForLost(look, patienceMs, context).catch(() => undefined);
		if (found !== undefined) {
			return found;
		}

		context.signal.throwIfAborted();
		const at = context.ports.clock.now().toISOString();
		await context.record(notSeen, {at}, `Not seen for ${sayDuration(patienceMs)}. It may still come.`);
		throw error;
	}
}

/** Looks for what a lost order started: once, where it was looked for in vain just now; else until its time has passed. */
export function findLost<T>(
	look: () => Promise<T | undefined>,
	patienceMs: number,
	context: ActionContext,
): Promise<T | undefined> {
	const at = context.recorded.findLast(({name}) => name === notSeen)?.detail.at;
	const sinceMs = typeof at === 'string' ? context.ports.clock.now().getTime() - Date.parse(at) : Number.NaN;
	const isRecent = sinceMs >= 0 && sinceMs < patienceMs / 2;
	return lookForLost(look, isRecent ? 0 : patienceMs, context);
}
