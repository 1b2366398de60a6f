import type {StorageLock} from '../ports/storage.ts';
import type {ActionContext} from './action.ts';

/** That a lock could not be given back changes nothing of what was done under it. It ends with its connection. */
export async function letGo(lock: StorageLock | undefined, {log}: ActionContext): Promise<void> {
	await lock?.release().catch(error => log(`The store's lock was not given back: ${error}`));
}
