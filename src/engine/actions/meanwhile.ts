import type {RunningCleaner} from '../../domain/hold/running.ts';
import {sayWaitedFor} from '../../domain/hold/say-hold.ts';
import type {Problem} from '../../domain/incident/event.ts';
import {lookForCleaners} from '../scan/between-looks.ts';
import type {ActionContext} from './action.ts';

/** A look takes about a second over SSH: more often than this, a change of many small parts would take twice its time. */
const lookAgainAfterMs = 15_000;

/** Looks again, while a change goes on, whether something cleans the store by now. The machine has looked right before. */
export function createLookout({ports: {storage, registry, clock}, signal}: ActionContext) {
	let looked = clock.monotonic();

	const look = async (): Promise<readonly RunningCleaner[]> => {
		if (storage === undefined) {
			return [];
		}

		const hold = await lookForCleaners(storage, {now: () => clock.now().getTime(), host: registry.host, signal});
		looked = clock.monotonic();
		return hold.running;
	};

	return {
		look,
		/** None where it was looked a moment ago. */
		glance: async () => (clock.monotonic() - looked < lookAgainAfterMs ? [] : look()),
	};
}

/** Why what was stored meanwhile may be lost. */
export function disturbedBy(running: readonly RunningCleaner[]): Problem {
	return {
		code: 'storage.cleaned',
		message: `This began meanwhile, and works on the store: ${sayWaitedFor(running)}.`,
		hint: 'What was stored may be deleted by it. The disk is read again; what is still missing can be relinked when it has ended.',
	};
}
