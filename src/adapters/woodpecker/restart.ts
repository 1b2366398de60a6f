import type {Pipeline} from '../../domain/pipeline/pipeline.ts';
import type {TriggerAnswer} from '../../engine/ports/ci.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {isLive} from './pipeline.ts';
import {findRestart, readOne} from './pipelines.ts';
import {repositoryPath, type Server} from './server.ts';
import {answerOf, holdsJson, type Rejected, readStarted, rejected, searchAfterPost} from './trigger.ts';

/**
 * Restarts a pipeline that has ended, with one POST. The server would also restart a running pipeline, and restart one
 * again whose restart is running; regmedic does neither.
 * @see woodpecker server/pipeline/restart.go
 */
export async function restart(
	server: Server,
	repository: string,
	number: number,
	waiting: Waiting,
): Promise<TriggerAnswer> {
	const id = await server.id(repository, waiting);
	const old = await readOne(server, id, number, waiting);
	if (!old) {
		return rejected(`${repository} has no pipeline ${number}.`, 'Look at the list of pipelines in the CI.');
	}

	const problem = restartProblem(old);
	if (problem) {
		return problem;
	}

	const running = await findRestart(server, {id, old, meets: ({status}) => isLive(status)}, waiting);
	if (running) {
		return {state: 'created', pipeline: running};
	}

	const what = `A restart of pipeline ${number} of ${repository}`;
	const response = await server.http.post(`${repositoryPath(id)}/pipelines/${number}`, undefined, what, waiting);
	if (holdsJson(response)) {
		return answerOf(readStarted(server, id, response, what));
	}

	// The server stores a pipeline that it cannot parse in error, and responds with an empty 500.
	if (response.status < 300 || response.status >= 500) {
		const stored = await searchAfterPost(() => findRestart(server, {id, old}, waiting), what, waiting);
		if (stored) {
			return answerOf(stored);
		}
	}

	return rejected(
		`${server.http.host} did not restart pipeline ${number} of ${repository} (${response.text || `status ${response.status}`}).`,
		response.status === 404
			? 'The owner of the repository no longer exists in the CI, or you may not push: enable the repository again.'
			: 'Start a new pipeline of the branch instead.',
	);
}

/** The restart that a POST whose response was lost may have started. */
export async function restartOf(
	server: Server,
	repository: string,
	number: number,
	waiting: Waiting,
): Promise<Pipeline | undefined> {
	const id = await server.id(repository, waiting);
	const old = await readOne(server, id, number, waiting);
	return old && findRestart(server, {id, old}, waiting);
}

/** Why a pipeline that has not ended is not restarted: the server would do it. Undefined: it has ended. */
function restartProblem({number, state, status}: Pipeline): Rejected | undefined {
	if (status === 'blocked') {
		return rejected(
			`Pipeline ${number} is waiting for an approval.`,
			'Approve or decline it on the web page of the CI.',
		);
	}

	return state === 'waiting' || state === 'running'
		? rejected(`Pipeline ${number} has not ended (${status}).`, 'Wait until it ends, or cancel it in the CI.')
		: undefined;
}
