import {sayWaitedFor} from '../../domain/hold/say-hold.ts';
import type {Happening, Problem, StepStamp} from '../../domain/incident/event.ts';
import {stampOf} from '../../domain/machine/effects.ts';
import {upperFirst} from '../../domain/text/wording.ts';
import type {Action, Ports, Progress} from '../actions/action.ts';
import {lookForCleaners} from '../scan/between-looks.ts';

const lookAgainAfterMs = 5_000;
/** The look at the end of one item is that before the next: what begins meanwhile is seen by the look at its end. */
const lookIsEnoughMs = 5_000;
/** Longer than any collection that somebody still waits for. */
const waitAtMostMs = 12 * 3_600_000;

type Waiting = {
	ports: Pick<Ports, 'storage' | 'registry' | 'clock'>;
	signal: AbortSignal;
	live: {write(text: string): void; progress(progress: Progress | undefined): void};
	report(happening: Happening): Promise<void>;
};

/** `problem`: why the change must not begin. `waited`: what was approved may be gone by now. */
type Awaited = {problem?: Problem; waited: boolean};

/**
 * Waits until nothing cleans the store any more, right before a change of it begins: a push beside a collection loses what it
 * stores. Where the host cannot be looked at, the change begins.
 */
export async function awaitCleaners(
	effect: StepStamp,
	{besideCleaners}: Pick<Action, 'besideCleaners'>,
	{ports: {storage, registry, clock}, signal, live, report}: Waiting,
): Promise<Awaited> {
	if (besideCleaners || storage === undefined) {
		return {waited: false};
	}

	const began = clock.monotonic();
	let isTold = false;
	try {
		for (;;) {
			const now = () => clock.now().getTime();
			const {running, gaps} = await lookForCleaners(storage, {
				now,
				host: registry.host,
				signal,
				enoughMs: isTold ? 0 : lookIsEnoughMs,
			});
			if (running.length === 0) {
				for (const gap of gaps) {
					live.write(`Not looked at for cleaners: ${gap}.`);
				}

				return {waited: isTold};
			}

			const what = sayWaitedFor(running);
			if (clock.monotonic() - began > waitAtMostMs) {
				return {
					waited: true,
					problem: {
						code: 'storage.cleaned',
						message: `${upperFirst(what)} still works on the store. Nothing was changed.`,
						hint: 'Look on the host whether it hangs. A collection that is killed half-way leaves links without data.',
					},
				};
			}

			if (!isTold) {
				isTold = true;
				await report({
					type: 'effect.waits',
					...stampOf(effect),
					say: `Nothing is changed while this works on the store: ${what}. Waiting for its end.`,
				});
			}

			live.progress({label: `waiting for the end of ${what}`});
			await clock.sleep(lookAgainAfterMs, {signal});
		}
	} finally {
		live.progress(undefined);
	}
}
