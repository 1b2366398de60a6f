import type {StorageLock} from '../ports/storage.ts';
import type {ActionContext} from './action.ts';

/** A lock that could not be released changes nothing of what was done under it: it ends with its connection. */
export async function releaseLock(lock: StorageLock | undefined, {log}: ActionContext): Promise<void> {
	await lock?.release().catch(error => log(`The store's lock was not released: ${error}`));
}
