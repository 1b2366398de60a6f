import {OperatorError} from '../../domain/errors.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {repositoryPath} from './listing.ts';
import type {RawRepository} from './repository.ts';
import {object, type Server} from './server.ts';

const mostBranchPages = 40;

/**
 * Everything that would make the server answer a trigger with an empty 404 or 500, asked by reading.
 * @throws OperatorError ci.unauthorized | ci.repository-unknown | ci.repository-inactive | ci.no-push-right | ci.branch-unknown
 */
export async function preFlight(
	server: Server,
	{repository, branch}: {repository: string; branch: string},
	waiting: Waiting,
): Promise<RawRepository> {
	const {login} = await server.user(waiting);
	const found = await ready(server, repository, login, waiting);

	if (!(await hasBranch(server, found.id, branch, waiting))) {
		throw new OperatorError('ci.branch-unknown', `${repository} has no branch ${branch}.`, {
			hint: 'Name the branch that builds the image, in the configuration of the image.',
			exit: 'configuration',
		});
	}

	return found;
}

async function ready(server: Server, repository: string, login: string, waiting: Waiting): Promise<RawRepository> {
	const found = await server.lookup(repository, waiting);
	const {place} = server.http;

	if (!found.active) {
		throw new OperatorError('ci.repository-inactive', `${repository} is switched off in ${place}.`, {
			hint: 'Enable the repository there, or build without the CI (the fallback).',
			exit: 'configuration',
		});
	}

	const answer = await server.read(`${repositoryPath(found.id)}/permissions`, waiting);
	if (!answer || object(place, answer.json).push !== true) {
		throw new OperatorError('ci.no-push-right', `${login} may not start pipelines of ${repository}.`, {
			hint: 'Ask for push rights on the forge. The CI learns of new rights within an hour, or when you log in again.',
			exit: 'refused',
		});
	}

	return found;
}

/** Pages until one brings nothing new: forges have their own limits for a page. */
async function hasBranch(server: Server, id: number, branch: string, waiting: Waiting): Promise<boolean> {
	const seen = new Set<unknown>();

	for (let page = 1; page <= mostBranchPages; page++) {
		const {items: names} = await server.list(`${repositoryPath(id)}/branches?page=${page}&perPage=50`, waiting);
		if (names.includes(branch)) {
			return true;
		}

		if (names.every(name => seen.has(name))) {
			return false;
		}

		for (const name of names) {
			seen.add(name);
		}
	}

	// Too many to say no.
	return true;
}
