import {asOperatorError, OperatorError} from '../../domain/errors.ts';
import type {Ci} from '../ports/ci.ts';
import type {ActionContext} from './action.ts';
import {withStoreLock} from './store-lock.ts';

/** An order is placed within seconds, but its response may be lost, and is waited for by its holder. */
const longestWaitMs = 4 * 60_000;
const pauseMs = 2_000;

/** `mayOrder` throws where the lock was lost: somebody else may have ordered since. */
type Work<Result> = (mayOrder: () => void) => Promise<Result>;

/** Items of one plan hold the lock of their store together: they order one after the other. */
const turns = new WeakMap<Ci, Promise<unknown>>();

/**
 * Holds the lock of the image's store while it is looked whether something is needed, and ordered: two responders would both see
 * that nothing runs, and both order it. Another holder is waited for. Without a store, or where it cannot be locked, nothing keeps a
 * second person away, and the work is done all the same: the CI may be all that responds.
 * @throws OperatorError storage.locked, and what the work throws
 */
export async function withOrderLock<Result>(ci: Ci, context: ActionContext, work: Work<Result>): Promise<Result> {
	const turn = (turns.get(ci) ?? Promise.resolve()).then(() => locked(context, work));
	turns.set(
		ci,
		turn.catch(() => {}),
	);
	return turn;
}

async function locked<Result>(context: ActionContext, work: Work<Result>): Promise<Result> {
	const {storage, clock} = context.ports;
	const until = clock.monotonic() + longestWaitMs;
	while (storage) {
		let isHeld = false;
		try {
			return await withStoreLock(storage, context, async ({lost}) => {
				isHeld = true;
				return work(() => {
					if (lost?.aborted) {
						throw lockLost();
					}
				});
			});
		} catch (error) {
			context.signal.throwIfAborted();
			const known = asOperatorError(error);
			if (isHeld || (known.code === 'storage.locked' && clock.monotonic() >= until)) {
				throw error;
			}

			if (known.code !== 'storage.locked') {
				context.log(`Nothing keeps a second person from the same order: ${known.message}`);
				break;
			}

			context.progress({label: `waiting: ${known.message}`});
			await clock.sleep(pauseMs, context);
		}
	}

	return work(() => {});
}

function lockLost(): OperatorError {
	return new OperatorError('storage.lock-failed', 'The lock of the store was lost. Nothing was ordered.', {
		hint: 'Check the connection to the storage host, then choose the remedy again.',
		exit: 'failed',
	});
}
