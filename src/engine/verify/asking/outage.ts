import {OperatorError} from '../../../domain/errors.ts';

/** After so many waits for nothing in a row, the next is not worth it. */
const mostFailures = 3;
/** Of those that are then turned away, one in so many is let through: things that are down come up again. */
const letThroughEvery = 16;

/** Keeps a run from asking somebody who does not answer for every part in turn. */
export type Outage = {
	/** Asks; or, while there is no sense in it, throws at once what the last attempt met. */
	watch<T>(ask: () => Promise<T>): Promise<T>;
};

/** @param counts which failures say that the next question would meet the same */
export function createOutage(counts: (error: OperatorError) => boolean): Outage {
	let failures = 0;
	let last: OperatorError | undefined;
	let turnedAway = 0;
	let isTrying = false;

	return {
		async watch(ask) {
			const isDown = last !== undefined && failures >= mostFailures;

			if (isDown && (isTrying || ++turnedAway % letThroughEvery !== 0)) {
				throw last;
			}

			isTrying = isDown;
			try {
				const answer = await ask();
				failures = 0;
				return answer;
			} catch (error) {
				if (error instanceof OperatorError && counts(error)) {
					failures++;
					last = error;
				}

				throw error;
			} finally {
				if (isDown) {
					isTrying = false;
				}
			}
		},
	};
}

/** The registry itself: also one that is too busy for us. */
export function isRegistryDown({code, exit}: OperatorError): boolean {
	return exit === 'unreachable' && code.startsWith('registry.');
}

/** A repository that our credentials are not good for; others of the same registry may be open to them. */
export function isKeptOut({code}: OperatorError): boolean {
	return code === 'registry.unauthorized';
}
