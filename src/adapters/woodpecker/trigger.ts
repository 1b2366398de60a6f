import type {Ci, TriggerAnswer} from '../../engine/ports/ci.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import type {Answer} from './answer.ts';
import {find} from './find.ts';
import {contextOf, repositoryPath} from './listing.ts';
import {type KnownPipeline, readPipeline, requestVariable} from './pipeline.ts';
import {preFlight} from './pre-flight.ts';
import {object, type Server} from './server.ts';
import {answerOf, rejected, unclear} from './verdict.ts';

type Order = Parameters<Ci['trigger']>[0];

/** Asks everything that can be asked by reading, then posts, once. */
export async function trigger(server: Server, order: Order, waiting: Waiting): Promise<TriggerAnswer> {
	const {id} = await preFlight(server, order, waiting);
	const what = `A pipeline of ${order.repository}`;
	const answer = await server.http.post(
		`${repositoryPath(id)}/pipelines`,
		what,
		{branch: order.branch, variables: {[requestVariable]: order.requestId}},
		waiting,
	);

	if (answer.status === 200 && answer.json !== undefined && answer.json !== null) {
		return answerOf(created(server, id, answer, what));
	}

	if (answer.status === 204 && answer.filtered) {
		return filtered(order);
	}

	if (answer.status < 300 || answer.status >= 500) {
		return await stored(server, order, answer, waiting, what);
	}

	return rejected(
		`${server.http.place} refuses to start a pipeline of ${order.repository} (status ${answer.status}${answer.text && `: ${answer.text}`}).`,
		'See that the token is still accepted and its user may push: `regmedic check`.',
	);
}

export function created(server: Server, id: number, answer: Answer, what: string): KnownPipeline {
	const json = object(server.http.place, answer.json);
	try {
		return readPipeline(json, contextOf(server, id, answer.dateMs));
	} catch (error) {
		throw unclear(what, error);
	}
}

/**
 * An answer without a pipeline: the server may have stored one in error and not said so.
 * `200 null` before 3.14, `204` without Pipeline-Filtered since; a 500 has an empty body.
 */
async function stored(
	server: Server,
	order: Order,
	answer: Answer,
	waiting: Waiting,
	what: string,
): Promise<TriggerAnswer> {
	const pipeline = await look(() => find(server, order, waiting), what, waiting);
	if (pipeline) {
		return answerOf(pipeline);
	}

	// Servers before 2.1 do not send the header.
	if (answer.status === 204) {
		return filtered(order);
	}

	return answer.status < 300
		? rejected(
				`${server.http.place} did not start a pipeline of ${order.repository} and gives no reason.`,
				'The configuration on the branch could not be loaded or read. Look at the page of the CI, or use the fallback.',
			)
		: rejected(
				`${server.http.place} failed to start a pipeline of ${order.repository} (status ${answer.status}${answer.text && `: ${answer.text}`}).`,
				'The forge is down, the branch is out of reach, or the owner of the repository is gone: see the log of the CI. The fallback needs none of them.',
			);
}

/** When the server does not let us look after it was asked, nobody knows. */
export async function look<Found>(search: () => Promise<Found>, what: string, {signal}: Waiting): Promise<Found> {
	try {
		return await search();
	} catch (error) {
		signal.throwIfAborted();
		throw unclear(what, error);
	}
}

function filtered({branch}: Order): TriggerAnswer {
	return {
		state: 'filtered',
		detail: `No workflow on ${branch} matches the event manual, or there is no pipeline file: the server forgot the pipeline again. The pipeline has to accept \`manual\` in its \`when\`.`,
	};
}
