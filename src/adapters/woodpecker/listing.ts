import {OperatorError} from '../../domain/errors.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {type KnownPipeline, type PipelineContext, readPipeline} from './pipeline.ts';
import {object, type Server} from './server.ts';

/** More than this is answered with this. */
const perPage = 50;
const mostPages = 20;

export function repositoryPath(id: number): string {
	return `/api/repos/${id}`;
}

export function contextOf({http}: Server, id: number, nowMs: number): PipelineContext {
	return {place: http.place, page: `${http.base}/repos/${id}/pipeline`, nowMs};
}

/** One pipeline with its workflows. Undefined: the server has none of this number. */
export async function readOne(
	server: Server,
	id: number,
	number: number,
	waiting: Waiting,
): Promise<KnownPipeline | undefined> {
	const answer = await server.read(`${repositoryPath(id)}/pipelines/${number}`, waiting);
	return answer && readPipeline(object(server.http.place, answer.json), contextOf(server, id, answer.dateMs));
}

/**
 * Pages of pipelines, newest first, without their workflows. Servers before 3.0 ignore the filters: look again.
 * @throws OperatorError ci.too-many when the pages do not end
 */
export async function* pages(
	server: Server,
	id: number,
	filter: Record<string, string>,
	waiting: Waiting,
): AsyncGenerator<KnownPipeline[]> {
	for (let page = 1; page <= mostPages; page++) {
		const query = new URLSearchParams({...filter, page: String(page), perPage: String(perPage)});
		const {items, dateMs} = await server.list(`${repositoryPath(id)}/pipelines?${query}`, waiting);
		const context = contextOf(server, id, dateMs);
		const found = items.map(item => readPipeline(item, context));
		yield found;
		if (found.length < perPage) {
			return;
		}
	}

	throw new OperatorError('ci.too-many', `${server.http.place} lists more than ${perPage * mostPages} pipelines.`, {
		hint: 'Look for the pipeline on the page of the CI.',
		exit: 'indeterminate',
	});
}
