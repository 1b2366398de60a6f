import type {Configuration, RegistryConfiguration} from '../domain/configuration.ts';
import type {ErrorCode} from '../domain/error-codes.ts';
import {OperatorError} from '../domain/errors.ts';

/** @throws OperatorError configuration.no-registry: the configuration does not have this name */
export function registryNamed({registries}: Configuration, name: string): RegistryConfiguration {
	const found = Object.hasOwn(registries, name) ? registries[name] : undefined;
	if (found === undefined) {
		const names = Object.keys(registries);
		throw new OperatorError('configuration.no-registry', `The configuration has no registry "${name}".`, {
			hint: names.length === 0 ? 'It has none at all: write a regmedic.yaml.' : `It has: ${names.join(', ')}.`,
			exit: 'configuration',
		});
	}

	return found;
}

type Unnamed = {
	code: ErrorCode;
	/** What to write instead where no registry is configured. */
	hintForNone: string;
	hintForSeveral: string;
};

/**
 * The name of the only configured registry, for a command line that names none.
 * @throws OperatorError with `code`: there are several, or none
 */
export function onlyRegistry({registries}: Configuration, {code, hintForNone, hintForSeveral}: Unnamed): string {
	const [name, ...others] = Object.keys(registries);
	if (name === undefined) {
		throw new OperatorError(code, 'No registry given, and none is configured.', {hint: hintForNone, exit: 'usage'});
	}

	if (others.length > 0) {
		throw new OperatorError(code, `Several registries are configured: ${[name, ...others].join(', ')}.`, {
			hint: hintForSeveral,
			exit: 'usage',
		});
	}

	return name;
}
