import {deletesRefusedIn} from '../../domain/audit/registries/serving-store.ts';
import {asOperatorError, OperatorError} from '../../domain/errors.ts';
import {howToAllowDeletes} from '../../domain/remedy/removal.ts';
import type {ActionContext} from './action.ts';

/**
 * No look sends a DELETE: whether the registry accepts one is read from its own configuration on the host, as far as it is there.
 * @throws OperatorError remove.disabled
 */
export async function checkAcceptsDeletes({ports: {storage}, signal, log}: ActionContext): Promise<void> {
	const host = await storage?.maintenance({signal}).catch(error => {
		signal.throwIfAborted();
		log(`Whether the registry accepts deletes is not known: ${asOperatorError(error).message}`);
		return undefined;
	});
	const why = host && deletesRefusedIn(host);
	if (why !== undefined) {
		throw new OperatorError('remove.disabled', `The registry accepts no deletes: ${why}.`, {
			hint: howToAllowDeletes,
			exit: 'failed',
		});
	}
}
