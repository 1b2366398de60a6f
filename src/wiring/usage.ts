import {createUsageReader} from '../adapters/usage/usage.ts';
import {addressesOf} from '../domain/configuration.ts';
import type {UsageReader} from '../engine/ports/usage.ts';
import {secretCommandEnvironment} from './environments.ts';
import {type Setup, systemClock} from './setup.ts';

/** Undefined: nobody configured where it is known which images are used. */
export function openUsage(host: string, {configuration, environment, processes}: Setup): UsageReader | undefined {
	const {usage} = configuration;
	return (
		usage &&
		createUsageReader({
			source: usage,
			hosts: addressesOf(configuration, host),
			// A cluster's login helper needs variables that only its author knows.
			environment: secretCommandEnvironment(environment, configuration),
			processes,
			clock: systemClock,
		})
	);
}
