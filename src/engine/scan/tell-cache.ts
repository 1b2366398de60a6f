import {asOperatorError} from '../../domain/errors.ts';
import type {RegistryRole} from '../../domain/image/verdict.ts';
import type {Scan} from '../../domain/storage/findings/finding.ts';
import {hintForCache, sayTurnsOutCache} from '../../domain/storage/turns-out-cache.ts';
import type {Storage} from '../ports/storage.ts';
import type {Waiting} from '../ports/waiting.ts';

/**
 * What a pull-through cache has not fetched looks like damage. So where there are findings, the host is asked whether its registry
 * is one that is not configured as such: then they are not known to be damage.
 * @returns the role that it has
 */
export async function tellCache<Read extends {scan: Scan}>(
	read: Read,
	{storage, role, signal}: Waiting & {storage: Pick<Storage, 'maintenance'>; role: RegistryRole},
): Promise<Read & {role: RegistryRole}> {
	const {scan} = read;
	if (role === 'cache' || scan.findings.length === 0) {
		return {...read, role};
	}

	try {
		const turnsOut = sayTurnsOutCache(await storage.maintenance({signal}), role);
		return turnsOut === undefined
			? {...read, role}
			: {
					...read,
					role: 'cache',
					scan: {...scan, complete: false, gaps: [`${turnsOut}. ${hintForCache}`, ...scan.gaps]},
				};
	} catch (error) {
		signal.throwIfAborted();
		asOperatorError(error);
		return {...read, role};
	}
}

/** A storage whose host's files are read once: that takes a second or more. */
export function readingHostOnce(storage: Storage): Storage {
	let host: ReturnType<Storage['maintenance']> | undefined;
	return {
		...storage,
		maintenance(waiting) {
			host ??= storage.maintenance(waiting);
			return host;
		},
	};
}
