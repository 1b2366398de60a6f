import {asOperatorError, OperatorError} from '../../domain/errors.ts';
import type {Clock} from '../ports/clock.ts';
import type {Waiting} from '../ports/waiting.ts';
import type {ActionContext} from './action.ts';

/** Someone who has just started something wants to see it begin. */
const firstPollMs = 250;
/** This share of the step's time is waited for; then the step ends and says that the work still runs. */
const patience = 0.9;
/** So many looks in a row may fail before it is unknown how the work stands. */
const toleratedFailures = 30;

type Followed<Status> = {
	/** What is followed, for people: `Pipeline 41`. */
	name: string;
	/** How often it is looked at, once it has had time to begin. */
	pollMs: number;
	/** Absent: it is looked at at once. */
	first?: Status;
	look(): Promise<Status>;
	isOver(status: Status): boolean;
	/** Logs and shows what is new. */
	tell(status: Status): Promise<void>;
};

/**
 * Follows work that was started in an outside system, until it is over or most of the step's time has passed. A look that
 * fails does not mean that the change did not happen: some failures in a row are tolerated.
 * @returns the last status that was seen; undefined: none
 * @throws OperatorError effect.unknown
 */
export async function follow<Status>(
	{name, pollMs, first, look, isOver, tell}: Followed<Status>,
	context: ActionContext,
): Promise<Status | undefined> {
	const {ports, timeoutMs, signal, log} = context;
	const givenUp = ports.clock.monotonic() + timeoutMs * patience;
	let last = first;
	let failures = 0;
	let wait = firstPollMs;

	for (let fresh = first; ; fresh = undefined) {
		try {
			fresh ??= await look();
			failures = 0;
		} catch (error) {
			signal.throwIfAborted();
			const known = asOperatorError(error);
			failures++;
			const mayPass = known.transient || known.exit === 'unreachable';
			if (!mayPass || failures > toleratedFailures) {
				throw new OperatorError('effect.unknown', `Can no longer track ${name}: ${known.message}`, {
					hint: known.hint,
					exit: 'indeterminate',
					cause: error,
				});
			}

			log(`${name}: ${known.message} Trying again.`);
		}

		if (fresh !== undefined) {
			last = fresh;
			await tell(fresh);
		}

		if ((fresh !== undefined && isOver(fresh)) || ports.clock.monotonic() > givenUp) {
			return last;
		}

		await ports.clock.sleep(wait, context);
		wait = Math.min(2 * wait, pollMs);
	}
}

/** A log that cannot be read says nothing of the work: that is logged, and the work goes on being followed. */
export async function tolerant(name: string, read: () => Promise<void>, {signal, log}: ActionContext): Promise<void> {
	try {
		await read();
	} catch (error) {
		signal.throwIfAborted();
		log(`The log of ${name} cannot be read: ${asOperatorError(error).message}`);
	}
}

const lookUps = 3;
const pauseMs = 2_000;

/** A request whose reply was lost may still be on its way: its effect is looked up a few times before it is given up. */
export async function lookForLost<T>(
	look: () => Promise<T | undefined>,
	clock: Clock,
	waiting: Waiting,
): Promise<T | undefined> {
	for (let number = 0; number < lookUps; number++) {
		if (number > 0) {
			await clock.sleep(pauseMs, waiting);
		}

		const found = await look();
		if (found !== undefined) {
			return found;
		}
	}

	return undefined;
}
