import {OperatorError} from '../../domain/errors.ts';
import type {Pipeline} from '../../domain/pipeline/pipeline.ts';
import type {Ci} from '../../engine/ports/ci.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {isLive, type KnownPipeline, readPipeline} from './pipeline.ts';
import type {ApiResponse} from './response.ts';
import {objectIn, perPage, repositoryPath, type Server} from './server.ts';

const mostPages = 20;
/** How far the clocks of this machine and of the server may be apart. */
const clockDifferenceMs = 24 * 3_600_000;

/** The pipeline in the response to a request for one. @throws OperatorError ci.not-woodpecker | ci.unreadable */
export function pipelineIn(server: Server, id: number, response: ApiResponse): KnownPipeline {
	return readAt(server, id, objectIn(server.http.host, response), response.dateMs);
}

/** One pipeline with its workflows. Undefined: the server has none with this number. */
export async function readOne(
	server: Server,
	id: number,
	number: number,
	waiting: Waiting,
): Promise<KnownPipeline | undefined> {
	const response = await server.read(`${repositoryPath(id)}/pipelines/${number}`, waiting);
	return response && pipelineIn(server, id, response);
}

/** The newest pipeline that carries regmedic's request id. */
export async function findRequest(
	server: Server,
	{repository, branch, requestId, since}: Parameters<Ci['find']>[0],
	waiting: Waiting,
): Promise<KnownPipeline | undefined> {
	const id = await server.id(repository, waiting);
	const oldest = Date.parse(since) - clockDifferenceMs;
	const filter = {event: 'manual', branch, after: new Date(oldest).toISOString()};
	const candidates: KnownPipeline[] = [];
	let listsVariables = false;

	for await (const page of pipelinePages(server, id, filter, waiting)) {
		const ours = page.find(pipeline => pipeline.requestId === requestId);
		if (ours) {
			return (await readOne(server, id, ours.number, waiting)) ?? ours;
		}

		listsVariables ||= page.some(({hasVariables}) => hasVariables);
		const recent = page.filter(({created}) => Date.parse(created) >= oldest);
		candidates.push(...recent.filter(({event, branch: on}) => event === 'manual' && on === branch));
		if (recent.length < page.length) {
			break;
		}
	}

	// A pipeline without variables has none in the list. If no pipeline in the list has any, the server leaves them all out.
	for (const {number, created} of listsVariables ? [] : candidates) {
		// What it was started with does not change: each is asked for once, however often this is looked for.
		const key = `${id} ${number} ${created}`;
		if (!server.asked.has(key)) {
			const single = await readOne(server, id, number, waiting);
			server.asked.set(key, single?.requestId);
			if (single?.requestId === requestId) {
				return single;
			}
		} else if (server.asked.get(key) === requestId) {
			return readOne(server, id, number, waiting);
		}
	}

	return undefined;
}

/** What was created since a time, newest first. @param since ISO 8601 */
export async function createdSince(
	server: Server,
	repository: string,
	since: string,
	waiting: Waiting,
): Promise<Pipeline[]> {
	const id = await server.id(repository, waiting);
	const sinceMs = Date.parse(since);
	const seen = new Map<number, KnownPipeline>();

	// The filter by status takes one value only and is new in 3.0.
	for await (const page of pipelinePages(server, id, {after: new Date(sinceMs).toISOString()}, waiting)) {
		const recent = page.filter(({created}) => Date.parse(created) >= sinceMs);
		for (const pipeline of recent) {
			seen.set(pipeline.number, pipeline);
		}

		if (recent.length < page.length) {
			break;
		}
	}

	return [...seen.values()].sort((a, b) => b.number - a.number);
}

/** What waits or runs, newest first: on the first pages of the list and of its filters, which servers before 3.0 ignore. */
export async function livePipelines(server: Server, repository: string, waiting: Waiting): Promise<Pipeline[]> {
	const id = await server.id(repository, waiting);
	const live = new Map<number, KnownPipeline>();
	for (const status of ['running', 'pending', 'blocked']) {
		for (const pipeline of await firstPage(server, id, {status}, waiting)) {
			if (isLive(pipeline.status)) {
				live.set(pipeline.number, pipeline);
			}
		}
	}

	return [...live.values()].sort((a, b) => b.number - a.number);
}

/** The newest pipelines that a filter leaves. */
async function firstPage(
	server: Server,
	id: number,
	filter: Record<string, string>,
	waiting: Waiting,
): Promise<KnownPipeline[]> {
	for await (const page of pipelinePages(server, id, filter, waiting)) {
		return page;
	}

	return [];
}

/** The newest restart of a pipeline that meets the condition. */
export async function findRestart(
	server: Server,
	{id, old, meets = () => true}: {id: number; old: KnownPipeline; meets?: (pipeline: KnownPipeline) => boolean},
	waiting: Waiting,
): Promise<KnownPipeline | undefined> {
	for await (const page of pipelinePages(server, id, {branch: old.branch}, waiting)) {
		const found = page.find(pipeline => isRestartOf(pipeline, old) && meets(pipeline));
		if (found || page.some(({number}) => number <= old.number)) {
			return found;
		}
	}

	return undefined;
}

/**
 * `parent` is a number since 2.5 and was an internal id before: the commit has to agree. A deployment names the pipeline that it
 * was made from as its parent, and is no restart of it.
 */
function isRestartOf(later: KnownPipeline, {number, commit, event, deployTo}: Pipeline): boolean {
	return (
		later.parent === number &&
		later.number > number &&
		later.commit === commit &&
		later.event === event &&
		later.deployTo === deployTo
	);
}

/**
 * Pages of pipelines, newest first, without their workflows. Servers before 3.0 ignore the filter: check the pipelines.
 * @throws OperatorError ci.too-many when the pages do not end
 */
export async function* pipelinePages(
	server: Server,
	id: number,
	filter: Record<string, string>,
	waiting: Waiting,
): AsyncGenerator<KnownPipeline[]> {
	let count = 0;
	for await (const {items, dateMs} of server.pages(`${repositoryPath(id)}/pipelines`, filter, waiting)) {
		yield items.map(item => readAt(server, id, item, dateMs));
		if (items.length < perPage) {
			return;
		}

		if (++count === mostPages) {
			throw new OperatorError('ci.too-many', `${server.http.host} lists more than ${perPage * mostPages} pipelines.`, {
				hint: 'Look for the pipeline on the web page of the CI.',
				exit: 'indeterminate',
			});
		}
	}
}

function readAt({http}: Server, id: number, json: unknown, nowMs: number): KnownPipeline {
	return readPipeline(json, {host: http.host, page: `${http.base}/repos/${id}/pipeline`, nowMs});
}
