import type {OperatorError} from '../../domain/errors.ts';

/** One image that cannot be had is its own trouble; so many without an answer between them are the registry's. */
const mostStrikes = 5;

/**
 * Tells a registry that fell silent from one that stumbles. Every wait on it hears of it at once: nobody sits out thousands
 * of deadlines to learn the same.
 */
export type Lifeline = {
	/** Aborted when the registry is given up, or when the run is stopped. */
	readonly signal: AbortSignal;
	/** Why the registry was given up. */
	lost(): OperatorError | undefined;
	answered(): void;
	/** Only what keeps the registry from being reached counts. */
	failed(error: OperatorError): void;
};

export function createLifeline(stopped: AbortSignal): Lifeline {
	const giveUp = new AbortController();
	let strikes = 0;
	let reason: OperatorError | undefined;

	return {
		signal: AbortSignal.any([stopped, giveUp.signal]),
		lost: () => reason,
		answered() {
			strikes = 0;
		},
		failed(error) {
			if (error.exit !== 'unreachable' || ++strikes < mostStrikes || reason !== undefined) {
				return;
			}

			reason = error;
			giveUp.abort(new DOMException('The registry was given up.', 'AbortError'));
		},
	};
}
