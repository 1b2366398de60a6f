import {OperatorError} from '../../domain/errors.ts';

/** After this many failures in a row, further requests would only wait for the same failure. */
const mostFailures = 3;
/** Of the requests rejected while the circuit is open, one in this many is let through: the registry may have recovered. */
const letThroughEvery = 16;

/** Keeps a walk from waiting for a registry that does not answer, part by part. */
export type CircuitBreaker = {
	/**
	 * Makes the request. While the circuit is open, throws the last failure at once instead.
	 * @param of the repository that it is about
	 */
	run<T>(of: string, ask: () => Promise<T>): Promise<T>;
};

/**
 * @param counts which failures predict that the next request fails as well
 * @param leastRepositories the failures in a row have to be about so many repositories: a single one may be what fails
 */
export function createCircuitBreaker(
	counts: (error: OperatorError) => boolean,
	{leastRepositories = 1} = {},
): CircuitBreaker {
	const failing = new Set<string>();
	let failures = 0;
	let last: OperatorError | undefined;
	let rejected = 0;
	let isTrying = false;

	return {
		async run(of, ask) {
			const isOpen = last !== undefined && failures >= mostFailures && failing.size >= leastRepositories;

			if (isOpen && (isTrying || ++rejected % letThroughEvery !== 0)) {
				throw last;
			}

			isTrying = isOpen;
			try {
				const answer = await ask();
				failures = 0;
				failing.clear();
				return answer;
			} catch (error) {
				if (error instanceof OperatorError && counts(error)) {
					failures++;
					failing.add(of);
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
	return code === 'registry.unauthorized' || code === 'registry.forbidden';
}
