import {OperatorError} from '../../domain/errors.ts';
import type {Plan} from '../../domain/plan/plan.ts';
import type {Registry} from '../ports/registry.ts';
import type {Storage} from '../ports/storage.ts';
import type {Waiting} from '../ports/waiting.ts';

/** What tells a registry apart from others behind the same address. What does not respond, or has none, is null. */
export async function identify(
	{url, registry, storage}: {url: string; registry: Registry; storage?: Storage | undefined},
	{signal}: Waiting,
): Promise<Plan['identity']> {
	const store = await storage?.identity({signal}).catch(error => {
		signal.throwIfAborted();
		if (error instanceof OperatorError) {
			return undefined;
		}

		throw error;
	});
	return {
		url,
		certificate: registry.certificate() ?? null,
		hostKey: store?.hostKey ?? null,
		root: store?.root ?? null,
		device: store?.device ?? null,
	};
}
