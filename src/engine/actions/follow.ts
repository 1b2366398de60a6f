import {asOperatorError, OperatorError} from '../../domain/errors.ts';
import type {ActionContext} from './action.ts';

/** A person who has just approved a build wants to see it start. */
const firstPollMs = 250;
/** The step waits for this share of its time, then ends with the outcome that the work still runs. */
const patience = 0.9;
/** After more failures in a row than this the outcome is unknown. */
const toleratedFailures = 30;

type Followed<Status> = {
	/** What is followed, for people: `Pipeline 41`. */
	name: string;
	/** Between two polls, once the work has had time to start. */
	pollMs: number;
	/** The status that is known already; absent: polled at once. */
	first?: Status;
	look(): Promise<Status>;
	isOver(status: Status): boolean;
	/** Logs and shows what is new. */
	tell(status: Status): Promise<void>;
};

/**
 * Polls work that was started in an outside system, until it is over or most of the step's time has passed. A poll that fails
 * does not mean that the work failed: some failures in a row are tolerated.
 * @returns the last status; undefined: every poll failed
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

/** Reads a log. That it cannot be read says nothing about the work: the failure is logged, and the polling goes on. */
export async function tolerant(name: string, read: () => Promise<void>, {signal, log}: ActionContext): Promise<void> {
	try {
		await read();
	} catch (error) {
		signal.throwIfAborted();
		log(`The log of ${name} cannot be read: ${asOperatorError(error).message}`);
	}
}
