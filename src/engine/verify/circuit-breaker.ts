import {OperatorError} from '../../domain/errors.ts';

/** After this many failures in a row, further requests would only wait for the same failure. */
const mostFailures = 3;
/** Of the requests rejected while the circuit is open, one in this many is let through: the registry may have recovered. */
const letThroughEvery = 16;

/** Keeps a walk from waiting for a registry that does not answer, part by part. */
export type CircuitBreaker = {
	/** Makes the request. While the circuit is open, throws the last failure at once instead. */
	run<T>(ask: () => Promise<T>): Promise<T>;
};

/** @param counts which failures predict that the next request fails as well */
export function createCircuitBreaker(counts: (error: OperatorError) => boolean): CircuitBreaker {
	let failures = 0;
	let last: OperatorError | undefined;
	let rejected = 0;
	let isTrying = false;

	return {
		async run(ask) {
			const isOpen = last !== undefined && failures >= mostFailures;

			if (isOpen && (isTrying || ++rejected % letThroughEvery !== 0)) {
				throw last;
			}

			isTrying = isOpen;
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
				if (isOpen) {
					isTrying = false;
				}
			}
		},
	};
}

/** The whole registry is unreachable, or too busy to answer. */
export function isRegistryDown({code, exit}: OperatorError): boolean {
	return exit === 'unreachable' && code.startsWith('registry.');
}

/** The credentials are not accepted for this repository; other repositories of the registry may be open to them. */
export function isAccessDenied({code}: OperatorError): boolean {
	return code === 'registry.unauthorized';
}
