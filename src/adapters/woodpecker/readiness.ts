import * as v from 'valibot';
import {OperatorError} from '../../domain/errors.ts';
import type {Access, Ci, Readiness} from '../../engine/ports/ci.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {pipelinePages} from './pipelines.ts';
import {objectIn, repositoryPath, type Server} from './server.ts';

const mostBranchPages = 40;
/** Servers before 3.0 ignore the filter: their newest pipelines may all be of other events. */
const mostManualPages = 4;

/**
 * Checks by reading everything for which the server would respond to a trigger with an empty 404 or 500.
 * @throws OperatorError ci.unauthorized | ci.repository-unknown | ci.repository-inactive | ci.no-push-right | ci.branch-unknown
 */
export async function readiness(
	server: Server,
	{repository: name, branch}: Parameters<Ci['ready']>[0],
	waiting: Waiting,
): Promise<Readiness> {
	const {login, repository} = await accessTo(server, name, waiting);
	if (!(await hasBranch(server, repository.id, branch, waiting))) {
		throw new OperatorError('ci.branch-unknown', `${name} has no branch ${branch}.`, {
			hint: 'Set the branch that builds the image, in the configuration of the image.',
			exit: 'configuration',
		});
	}

	return {
		login,
		version: await versionOf(server, waiting),
		cancels: repository.cancel_previous_pipeline_events ?? [],
		timeoutMs: repository.timeout * 60_000,
		ranManually: await ranManually(server, repository.id, branch, waiting),
	};
}

/** Whether the user of the token may start pipelines of a repository. */
export async function access(server: Server, name: string, waiting: Waiting): Promise<Access> {
	const {login, repository} = await accessTo(server, name, waiting);
	return {login, cancels: repository.cancel_previous_pipeline_events ?? []};
}

async function accessTo(server: Server, name: string, waiting: Waiting) {
	const {host} = server.http;
	const {login} = await server.user(waiting);
	const repository = await server.lookup(name, waiting);

	if (!repository.active) {
		throw new OperatorError('ci.repository-inactive', `${name} is disabled in ${host}.`, {
			hint: 'Enable the repository there, or build without the CI (the fallback).',
			exit: 'configuration',
		});
	}

	const permissions = await server.read(`${repositoryPath(repository.id)}/permissions`, waiting);
	if (!permissions || objectIn(host, permissions).push !== true) {
		throw new OperatorError('ci.no-push-right', `${login} may not start pipelines of ${name}.`, {
			hint: 'Ask for push rights on the forge. The CI learns of new rights within an hour, or when you log in again.',
			exit: 'refused',
		});
	}

	return {login, repository};
}

const versionSchema = v.object({version: v.string()});

async function versionOf({http}: Server, waiting: Waiting): Promise<string> {
	const {json} = await http.get('/version', waiting);
	return v.is(versionSchema, json) ? json.version : 'unknown';
}

/** The API does not show the pipeline file. A manual pipeline of the branch that began is a proof. */
async function ranManually(server: Server, id: number, branch: string, waiting: Waiting): Promise<boolean> {
	let pages = 0;
	for await (const page of pipelinePages(server, id, {event: 'manual', branch}, waiting)) {
		if (page.some(({event, branch: on, status}) => event === 'manual' && on === branch && status !== 'error')) {
			return true;
		}

		if (++pages === mostManualPages) {
			break;
		}
	}

	return false;
}

/** Reads pages until one has nothing new: forges have page limits of their own. */
async function hasBranch(server: Server, id: number, branch: string, waiting: Waiting): Promise<boolean> {
	const seen = new Set<unknown>();
	let pages = 0;

	for await (const {items: names} of server.pages(`${repositoryPath(id)}/branches`, {}, waiting)) {
		if (names.includes(branch)) {
			return true;
		}

		if (names.every(name => seen.has(name))) {
			return false;
		}

		for (const name of names) {
			seen.add(name);
		}

		if (++pages === mostBranchPages) {
			break;
		}
	}

	// With this many branches, a missing one proves nothing.
	return true;
}
