import type {Hold} from '../../domain/hold/hold.ts';
import type {RunningCleaner} from '../../domain/hold/running.ts';
import {sayWaitedFor} from '../../domain/hold/say-hold.ts';
import type {Problem} from '../../domain/incident/event.ts';
import type {Storage} from '../ports/storage.ts';
import {lookForCleaners} from '../scan/between-looks.ts';
import type {ActionContext} from './action.ts';
import {usersOf} from './store-lock.ts';

/** A look takes about a second over SSH: more often than this, a change of many small parts would take twice its time. */
const lookAgainAfterMs = 15_000;

/** Items of a plan that run at once have stored what they store some milliseconds apart: they share one look, which waits so long. */
const gatherMs = 60;
type SharedLook = {asked: number; begin: () => void; hold: Promise<Hold>};
const gathering = new WeakMap<Storage, SharedLook>();

/** One look for all who change the store now, which begins when the last of them has asked, or a moment after the first. */
async function lookTogether(context: ActionContext, storage: Storage): Promise<Hold> {
	const shared = gathering.get(storage) ?? gather(context, storage);
	shared.asked++;
	if (shared.asked >= usersOf(storage)) {
		shared.begin();
	}

	try {
		return await shared.hold;
	} catch {
		// It was called off by who asked first.
		context.signal.throwIfAborted();
		return lookNow(context, storage);
	}
}

function gather(context: ActionContext, storage: Storage): SharedLook {
	const {promise: all, resolve} = Promise.withResolvers<void>();
	// Whoever asks from then on has stored more than this look sees.
	const close = () => {
		if (gathering.get(storage) === shared) {
			gathering.delete(storage);
		}
	};
	const begin = () => {
		close();
		resolve();
	};
	const {signal, ports} = context;
	const shared: SharedLook = {
		asked: 0,
		begin,
		hold: Promise.race([all, ports.clock.sleep(gatherMs, {signal})])
			.finally(close)
			.then(() => lookNow(context, storage)),
	};
	gathering.set(storage, shared);
	return shared;
}

function lookNow({ports: {registry, clock}, signal}: ActionContext, storage: Storage): Promise<Hold> {
	return lookForCleaners(storage, {now: () => clock.now().getTime(), host: registry.host, signal});
}

/** Looks again, while a change goes on, whether something cleans the store by now. The machine has looked right before. */
export function createLookout(context: ActionContext) {
	const {storage, clock} = context.ports;
	let looked = clock.monotonic();

	const look = async (): Promise<readonly RunningCleaner[]> => {
		if (storage === undefined) {
			return [];
		}

		const hold = await lookTogether(context, storage);
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
