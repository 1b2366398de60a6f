import {OperatorError} from '../../domain/errors.ts';
import {isRepositoryName} from '../../domain/image/reference.ts';
import type {Plan} from '../../domain/plan/plan.ts';
import {blobData, revisionLink} from '../../domain/storage/listing/paths.ts';
import type {Storage} from '../ports/storage.ts';
import type {Waiting} from '../ports/waiting.ts';

/** The real path, the file system and the host's key; the address is not compared: behind tunnels all registries have the same. */
const compared = [
	['hostKey', 'the host key'],
	['root', 'the path'],
	['device', 'the device'],
] as const;

/**
 * Refuses a plan of another store, whatever its address is. What is known only of one of the two differs: a plan that was made on the
 * storage's own host is not for somebody who reaches it by SSH, and one that knows a store is for no registry without one.
 * @throws OperatorError plan.other-store
 */
export async function checkSameStore(
	plan: Plan,
	now: Plan['identity'],
	{storage, signal}: Waiting & {storage?: Storage | undefined},
): Promise<void> {
	const differs = compared.filter(([key]) => plan.identity[key] !== now[key]);
	if (differs.length > 0) {
		const [[key, what]] = differs as [(typeof compared)[number]];
		throw otherStore(
			`${what} is ${now[key] ?? 'not known'} now, and was ${plan.identity[key] ?? 'not known'} when the plan was made`,
			// ssh uses the kind of key that this machine's known_hosts has. @see OpenSSH's ssh_config(5), HostKeyAlgorithms
			key === 'hostKey' && now.hostKey !== null && plan.identity.hostKey !== null
				? 'If it is the same host by another of its keys, add the key of the plan to known_hosts here (ssh-keyscan prints all), and remove the other.'
				: undefined,
		);
	}

	const paths = plan.images.flatMap(({repository, digest}) =>
		digest !== undefined && isRepositoryName(repository) ? [blobData(digest), revisionLink(repository, digest)] : [],
	);
	if (storage === undefined || paths.length === 0) {
		return;
	}

	const states = await storage.recheck(paths, {signal});
	if ([...states.values()].every(({state}) => state === 'gone')) {
		throw otherStore('none of the images of the plan is in this store');
	}
}

function otherStore(why: string, more?: string): OperatorError {
	const hint = 'Nothing was done. Apply it to the registry that it was made for (--registry NAME), or make another.';
	return new OperatorError('plan.other-store', `The plan is of another store: ${why}.`, {
		hint: more === undefined ? hint : `${hint} ${more}`,
		exit: 'refused',
	});
}
