import {OperatorError} from '../../domain/errors.ts';
import {readableError, startHint} from '../../domain/pipeline/server-error.ts';
import type {Ci, TriggerAnswer} from '../../engine/ports/ci.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {type KnownPipeline, requestVariable} from './pipeline.ts';
import {findRequest, pipelineIn} from './pipelines.ts';
import type {ApiResponse} from './response.ts';
import {objectIn, repositoryPath, type Server} from './server.ts';

type Order = Parameters<Ci['trigger']>[0];

export type Rejected = Extract<TriggerAnswer, {state: 'rejected'}>;

/** Starts a manual pipeline with one POST. @see readiness, which asks everything that can be asked before */
export async function trigger(server: Server, order: Order, waiting: Waiting): Promise<TriggerAnswer> {
	const {host} = server.http;
	const {repository, branch, requestId} = order;
	const {id} = await server.lookup(repository, waiting);
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

export function rejected(detail: string, hint: string): Rejected {
	return {state: 'rejected', detail, hint};
}

/** Why a new pipeline did not start. Undefined: it did. The server stores it in `error` when it ran nothing of it. */
function startFailure({number, status, errors}: KnownPipeline): Rejected | undefined {
	if (status !== 'error') {
		return undefined;
	}

	const detail = errors.map(readableError).join('; ') || 'the server gives no reason';
	return rejected(`Pipeline ${number} failed before its first step: ${detail}.`, startHint(detail));
}

function filtered(branch: string): TriggerAnswer {
	return {
		state: 'filtered',
		detail: `No workflow on ${branch} matches the event manual, or there is no pipeline file: the server discarded the pipeline.`,
		hint: 'The `when` of the pipeline has to include `manual`; or build without the CI (the fallback).',
	};
}

function unclear(what: string, cause: unknown): OperatorError {
	return new OperatorError('effect.unknown', `${what} was requested, and the response could not be understood.`, {
		hint: 'It may have started. Look for it in the CI before you request it again.',
		exit: 'indeterminate',
		cause,
	});
}
