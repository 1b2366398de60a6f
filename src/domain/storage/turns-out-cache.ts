import type {Maintenance} from '../audit/maintenance.ts';
import {proxyIn} from '../audit/registries/serving-store.ts';
import type {RegistryRole} from '../image/verdict.ts';

/** That a registry whose role is another one is a pull-through cache, by its own configuration. */
export function sayTurnsOutCache(maintenance: Maintenance, role: RegistryRole): string | undefined {
	const proxy = role === 'cache' ? undefined : proxyIn(maintenance);
	return (
		proxy &&
		`its registry is a pull-through cache, by ${proxy.file}${proxy.at === undefined ? '' : `:${proxy.at}`} (proxy.remoteurl), and is not configured as one`
	);
}

/** What to do about it. */
export const hintForCache =
	'Add `role: cache` to the registry in the configuration: then what it has not fetched is no damage, and no look makes it fetch.';
