import type {Pipeline} from '../../engine/ports/ci.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {pages} from './listing.ts';
import type {KnownPipeline} from './pipeline.ts';
import type {Server} from './server.ts';

const failures = new Set(['failure', 'error', 'killed']);

/**
 * What failed since then, newest first: neither ours nor restarted in the meantime.
 * @param since ISO 8601
 */
export async function failed(server: Server, repository: string, since: string, waiting: Waiting): Promise<Pipeline[]> {
	const id = await server.id(repository, waiting);
	const sinceMs = Date.parse(since);
	const seen = new Map<number, KnownPipeline>();

	// The filter by status takes one value only and is new in 3.0.
	for await (const page of pages(server, id, {after: new Date(sinceMs).toISOString()}, waiting)) {
		const recent = page.filter(({created}) => Date.parse(created) >= sinceMs);
		for (const pipeline of recent) {
			seen.set(pipeline.number, pipeline);
		}

		if (recent.length < page.length) {
			break;
		}
	}

	const all = [...seen.values()];
	return all
		.filter(({status, requestId}) => failures.has(status) && requestId === undefined)
		.filter(pipeline => !all.some(later => restarts(later, pipeline)))
		.sort((a, b) => b.number - a.number);
}

/** `parent` is a number since 2.5 and was an internal id before: the commit has to agree. */
export function restarts(later: KnownPipeline, {number, commit}: Pipeline): boolean {
	return later.parent === number && later.number > number && later.commit === commit;
}
