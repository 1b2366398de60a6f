import {asOperatorError} from '../../domain/errors.ts';
import type {RegistryRole} from '../../domain/image/verdict.ts';
import type {Scan} from '../../domain/storage/findings/finding.ts';
import {hintForCache, sayTurnsOutCache} from '../../domain/storage/turns-out-cache.ts';
import type {Storage} from '../ports/storage.ts';
import type {Waiting} from '../ports/waiting.ts';

/**
 * What a pull-through cache has not fetched looks like damage. So where there are findings, the host is asked whether its registry
 * is one that is not configured as such: then nothing is known of them.
 */
export async function tellCache(
	scan: Scan,
	{storage, role, signal}: Waiting & {storage: Storage; role: RegistryRole},
): Promise<Scan> {
	if (role === 'cache' || scan.findings.length === 0) {
		return scan;
	}

	try {
		const turnsOut = sayTurnsOutCache(await storage.maintenance({signal}), role);
		return turnsOut === undefined
			? scan
			: {...scan, complete: false, gaps: [`${turnsOut}. ${hintForCache}`, ...scan.gaps]};
	} catch (error) {
		signal.throwIfAborted();
		asOperatorError(error);
		return scan;
	}
}
