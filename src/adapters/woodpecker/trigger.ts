import {OperatorError} from '../../domain/errors.ts';
import type {Ci, TriggerAnswer} from '../../engine/ports/ci.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {rejected, startFailure} from './failure.ts';
import {type KnownPipeline, requestVariable} from './pipeline.ts';
import {findRequest, pipelineIn} from './pipelines.ts';
import type {ApiResponse} from './response.ts';
import {objectIn, type Repository, repositoryPath, type Server} from './server.ts';

type Order = Parameters<Ci['trigger']>[0];

const mostBranchPages = 40;

/** Starts a manual pipeline with one POST, after everything was checked that can be checked by reading. */
export async function trigger(server: Server, order: Order, waiting: Waiting): Promise<TriggerAnswer> {
	const {host} = server.http;
	const {repository, branch, requestId} = order;
	const {id} = await preFlight(server, order, waiting);
	const what = `A pipeline of ${repository}`;
	const response = await server.http.post(
		`${repositoryPath(id)}/pipelines`,
		{branch, variables: {[requestVariable]: requestId}},
		what,
		waiting,
	);

	if (holdsJson(response)) {
		return answerOf(readStarted(server, id, response, what));
	}

	if (response.status === 204 && response.filtered) {
		return filtered(branch);
	}

	if (response.status >= 300 && response.status < 500) {
		return rejected(
			`${host} refuses to start a pipeline of ${repository} (${statusOf(response)}).`,
			'Check that the CI still accepts the token and that its user may push: `regmedic check`.',
		);
	}

	// The server may have stored a pipeline in error without saying so: `200 null` before 3.14, `204` without
	// Pipeline-Filtered since, or a 500 with an empty body.
	const pipeline = await searchAfterPost(() => findRequest(server, order, waiting), what, waiting);
	if (pipeline) {
		return answerOf(pipeline);
	}

	// Servers before 2.1 do not send the header.
	if (response.status === 204) {
		return filtered(branch);
	}

	return response.status < 300
		? rejected(
				`${host} did not start a pipeline of ${repository} and gives no reason.`,
				'The server could not load or read the configuration on the branch. Look at the web page of the CI, or use the fallback.',
			)
		: rejected(
				`${host} failed to start a pipeline of ${repository} (${statusOf(response)}).`,
				'The forge is down, the branch cannot be read, or the owner of the repository no longer exists: see the log of the CI. The fallback needs none of them.',
			);
}

/**
 * Checks by reading everything for which the server would respond to a trigger with an empty 404 or 500.
 * @throws OperatorError ci.unauthorized | ci.repository-unknown | ci.repository-inactive | ci.no-push-right | ci.branch-unknown
 */
async function preFlight(
	server: Server,
	{repository: name, branch}: Pick<Order, 'repository' | 'branch'>,
	waiting: Waiting,
): Promise<Repository> {
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

	if (!(await hasBranch(server, repository.id, branch, waiting))) {
		throw new OperatorError('ci.branch-unknown', `${name} has no branch ${branch}.`, {
			hint: 'Set the branch that builds the image, in the configuration of the image.',
			exit: 'configuration',
		});
	}

	return repository;
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

export function holdsJson({status, json}: ApiResponse): boolean {
	return status === 200 && json !== undefined && json !== null;
}

/** `status 500: reason` */
function statusOf({status, text}: ApiResponse): string {
	return `status ${status}${text && `: ${text}`}`;
}

/** The pipeline that a POST started. @throws OperatorError ci.not-woodpecker | effect.unknown */
export function readStarted(server: Server, id: number, response: ApiResponse, what: string): KnownPipeline {
	objectIn(server.http.host, response);
	try {
		return pipelineIn(server, id, response);
	} catch (error) {
		throw unclear(what, error);
	}
}

/** When the search fails too, it is not known whether a pipeline started. @throws OperatorError effect.unknown */
export async function searchAfterPost<Found>(
	search: () => Promise<Found>,
	what: string,
	{signal}: Waiting,
): Promise<Found> {
	try {
		return await search();
	} catch (error) {
		signal.throwIfAborted();
		throw unclear(what, error);
	}
}

export function answerOf(pipeline: KnownPipeline): TriggerAnswer {
	return startFailure(pipeline) ?? {state: 'created', pipeline};
}

function filtered(branch: string): TriggerAnswer {
	return {
		state: 'filtered',
		detail: `No workflow on ${branch} matches the event manual, or there is no pipeline file: the server discarded the pipeline. The \`when\` of the pipeline must include \`manual\`.`,
	};
}

function unclear(what: string, cause: unknown): OperatorError {
	return new OperatorError('effect.unknown', `${what} was requested, and the response could not be understood.`, {
		hint: 'It may have started. Look for it in the CI before you request it again.',
		exit: 'indeterminate',
		cause,
	});
}
