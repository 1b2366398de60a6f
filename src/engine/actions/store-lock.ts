import type {Storage, StorageLock} from '../ports/storage.ts';
import type {ActionContext} from './action.ts';

/** `ended`: the lock was released, so that another one can be taken. `idle`: nobody uses it now; called to release it all the same. */
type Shared = {lock: Promise<StorageLock>; users: number; idle?: () => void; ended: Promise<void>; end: () => void};

/** The locks that this process holds: items of a plan that change one store at the same time hold its lock together. */
const held = new WeakMap<Storage, Shared>();

/** The next item of the plan looks at its image first: a lock that was released and taken again between them would cost more than that. */
const idleAtMostMs = 1_000;

/**
 * Holds the lock of a store while something is changed, and a moment longer where other items of the plan follow. A lock that could
 * not be released changes nothing of what was done under it: it ends with its connection.
 * @throws OperatorError storage.locked, and what the work throws
 */
export async function withStoreLock<Result>(
	storage: Storage,
	context: ActionContext,
	work: (lock: StorageLock) => Promise<Result>,
): Promise<Result> {
	const shared = await join(storage, context);
	try {
		return await work(await shared.lock);
	} finally {
		const lock = await shared.lock.catch(() => undefined);
		shared.users--;
		if (shared.users === 0) {
			const isKept = context.others && !context.session?.aborted && !lock?.lost?.aborted;
			await (lock !== undefined && isKept
				? keepIdle(storage, shared, lock, context)
				: release(storage, shared, lock, context));
		}
	}
}

/** Until the next item takes it up, the session ends, the lock is lost, or its time is over. */
function keepIdle(storage: Storage, shared: Shared, lock: StorageLock, context: ActionContext): void {
	const ends = [context.session, lock.lost].filter(signal => signal !== undefined);
	const stop = () => {
		clearTimeout(timer);
		for (const signal of ends) {
			signal.removeEventListener('abort', over);
		}

		delete shared.idle;
	};
	const over = () => {
		stop();
		void release(storage, shared, lock, context);
	};
	const timer = setTimeout(over, idleAtMostMs);
	timer.unref();
	for (const signal of ends) {
		signal.addEventListener('abort', over);
	}

	shared.idle = stop;
}

async function release(
	storage: Storage,
	shared: Shared,
	lock: StorageLock | undefined,
	context: ActionContext,
): Promise<void> {
	await lock?.release().catch(error => context.log(`The lock of the store was not released: ${error}`));
	held.delete(storage);
	shared.end();
}

/** How many change the store under its lock now. */
export function usersOf(storage: Storage): number {
	return held.get(storage)?.users ?? 0;
}

async function join(storage: Storage, context: ActionContext): Promise<Shared> {
	for (let known = held.get(storage); known !== undefined; known = held.get(storage)) {
		if (known.users > 0) {
			known.users++;
			return known;
		}

		if (known.idle !== undefined) {
			known.idle();
			known.users++;
			return known;
		}

		// Taken again before it was released, it would seem to be held by somebody else.
		await known.ended;
	}

	const {promise: ended, resolve: end} = Promise.withResolvers<void>();
	const shared = {lock: storage.lock(context.request, context), users: 1, ended, end};
	held.set(storage, shared);
	return shared;
}
