import {OperatorError} from '../../domain/errors.ts';
import type {ActionContext} from './action.ts';

/** So many looks in a row may fail before we say that we have lost sight of it. */
const enduredFailures = 30;

/**
 * Looks again and again at a change that was begun. That a look fails does not mean that the change did not happen:
 * some failures are endured (undefined), then it is thrown as OperatorError effect.unknown.
 */
export function createLastingLook(what: string, {signal, log}: ActionContext) {
	let failures = 0;

	return async <T>(look: () => Promise<T>): Promise<T | undefined> => {
		try {
			const seen = await look();
			failures = 0;
			return seen;
		} catch (error) {
			signal.throwIfAborted();
			if (!(error instanceof OperatorError)) {
				throw error;
			}

			failures++;
			const mayPass = error.transient || error.exit === 'unreachable';
			if (!mayPass || failures > enduredFailures) {
				throw new OperatorError('effect.unknown', `Lost sight of ${what}: ${error.message}`, {
					hint: error.hint,
					exit: 'indeterminate',
					cause: error,
				});
			}

			log(`${what}: ${error.message} Looking again.`);
			return undefined;
		}
	};
}
