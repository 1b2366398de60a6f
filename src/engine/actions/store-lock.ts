import type {Storage, StorageLock} from '../ports/storage.ts';
import type {ActionContext} from './action.ts';

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
	const lock = await storage.lock(context.request, context);
	try {
		return await work(lock);
	} finally {
		await lock.release().catch(error => context.log(`The lock of the store was not released: ${error}`));
	}
}
