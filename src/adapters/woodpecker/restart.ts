import type {Pipeline, TriggerAnswer} from '../../engine/ports/ci.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {restarts} from './failed.ts';
import {pages, readOne, repositoryPath} from './listing.ts';
import type {KnownPipeline} from './pipeline.ts';
import {isLive} from './pipeline-state.ts';
import {object, type Server} from './server.ts';
import {created, look} from './trigger.ts';
import {answerOf, rejected} from './verdict.ts';

/**
 * Runs a pipeline again that has ended. The server would also restart a running one, and a restarted one twice: we do not.
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
	const refusal = reasonAgainst(old, repository, number);
	if (refusal) {
		return refusal;
	}

	const running = await laterOne(server, id, old!, waiting, ({status}) => isLive(status));
	if (running) {
		return {state: 'created', pipeline: running};
	}

	const what = `A restart of pipeline #${number} of ${repository}`;
	const answer = await server.http.post(`${repositoryPath(id)}/pipelines/${number}`, what, undefined, waiting);

	if (answer.status === 200 && answer.json !== undefined && answer.json !== null) {
		object(server.http.place, answer.json);
		return answerOf(created(server, id, answer, what));
	}

	// A pipeline that cannot be parsed is stored in error, and the answer is an empty 500.
	if (answer.status < 300 || answer.status >= 500) {
		const stored = await look(() => laterOne(server, id, old!, waiting, () => true), what, waiting);
		if (stored) {
			return answerOf(stored);
		}
	}

	const reason = answer.text || `status ${answer.status}`;
	return rejected(
		`${server.http.place} did not restart pipeline #${number} of ${repository} (${reason}).`,
		answer.status === 404
			? 'The owner of the repository is gone from the CI, or you may not push: enable the repository again.'
			: 'Start a new pipeline of the branch instead.',
	);
}

/** What became of a restart whose reply was lost. */
export async function restartOf(
	server: Server,
	repository: string,
	number: number,
	waiting: Waiting,
): Promise<Pipeline | undefined> {
	const id = await server.id(repository, waiting);
	const old = await readOne(server, id, number, waiting);
	return old && laterOne(server, id, old, waiting, () => true);
}

function reasonAgainst(
	pipeline: KnownPipeline | undefined,
	repository: string,
	number: number,
): TriggerAnswer | undefined {
	if (!pipeline) {
		return rejected(`${repository} has no pipeline #${number}.`, 'Look at the list of pipelines on the CI.');
	}

	if (pipeline.status === 'blocked') {
		return rejected(`Pipeline #${number} waits for an approval.`, 'Approve or decline it on the page of the CI.');
	}

	if (pipeline.state === 'waiting' || pipeline.state === 'running') {
		return rejected(
			`Pipeline #${number} has not ended (${pipeline.status}).`,
			'Wait for its end, or cancel it on the CI.',
		);
	}

	return undefined;
}

/** The newest restart of this pipeline. */
async function laterOne(
	server: Server,
	id: number,
	old: KnownPipeline,
	waiting: Waiting,
	accepts: (pipeline: KnownPipeline) => boolean,
): Promise<KnownPipeline | undefined> {
	for await (const page of pages(server, id, {branch: old.branch}, waiting)) {
		const found = page.find(pipeline => restarts(pipeline, old) && accepts(pipeline));
		if (found || page.some(({number}) => number <= old.number)) {
			return found;
		}
	}

	return undefined;
}
