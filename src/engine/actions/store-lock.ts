import type {Storage, StorageLock} from '../ports/storage.ts';
import type {ActionContext} from './action.ts';

/** `ended`: the lock was released, so that another one can be taken. */
type Shared = {lock: Promise<StorageLock>; users: number; ended: Promise<void>; end: () => void};

/** The locks that this process holds: items of a plan that change one store at the same time hold its lock together. */
const held = new WeakMap<Storage, Shared>();

/**
 * Holds the lock of a store while something is changed. A lock that could not be released changes nothing of what was done
 * under it: it ends with its connection.
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
		shared.users--;
		if (shared.users === 0) {
			const lock = await shared.lock.catch(() => undefined);
			await lock?.release().catch(error => context.log(`The lock of the store was not released: ${error}`));
			held.delete(storage);
			shared.end();
		}
	}
}

async function join(storage: Storage, context: ActionContext): Promise<Shared> {
	for (let known = held.get(storage); known !== undefined; known = held.get(storage)) {
		if (known.users > 0) {
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
