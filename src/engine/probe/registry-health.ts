import type {OperatorError} from '../../domain/errors.ts';

/** One image that cannot be reached is one unknown; this many failures without an answer between them are the registry's. */
const mostFailures = 5;
/** Of one repository alone: it may be what fails. */
const mostFailuresOfOne = 40;

/**
 * Decides during a run when the registry counts as lost. Every request then ends at once, instead of waiting thousands of
 * times for the same deadline.
 */
export type RegistryHealth = {
	/** Aborted when the registry is lost, or when the run is stopped. */
	readonly signal: AbortSignal;
	/** The last failure, once the registry counts as lost. */
	lost(): OperatorError | undefined;
	answered(): void;
	/** Only failures to reach the registry count. */
	failed(error: OperatorError, repository?: string): void;
};

export function createRegistryHealth(stopped: AbortSignal): RegistryHealth {
	const giveUp = new AbortController();
	const failing = new Set<string | undefined>();
	let failures = 0;
	let reason: OperatorError | undefined;

	return {
		signal: AbortSignal.any([stopped, giveUp.signal]),
		lost: () => reason,
		answered() {
			failures = 0;
			failing.clear();
		},
		failed(error, repository) {
			if (error.exit !== 'unreachable') {
				return;
			}

			failures++;
			failing.add(repository);
			const isOfOne = failing.size === 1 && repository !== undefined;
			if (failures < (isOfOne ? mostFailuresOfOne : mostFailures) || reason !== undefined) {
				return;
			}

			reason = error;
			giveUp.abort(new DOMException('The registry was given up.', 'AbortError'));
		},
	};
}
