import type {Ci, Pipeline} from '../../engine/ports/ci.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {pages, readOne} from './listing.ts';
import type {KnownPipeline} from './pipeline.ts';
import type {Server} from './server.ts';

/** How many pipelines are asked for one by one where the list leaves the variables out. */
const mostSingles = 20;

/** The newest pipeline that carries our request id. */
export async function find(
	server: Server,
	{repository, branch, requestId}: Parameters<Ci['find']>[0],
	waiting: Waiting,
): Promise<KnownPipeline | undefined> {
	const id = await server.id(repository, waiting);
	const unclear: Pipeline[] = [];
	let listsVariables = false;

	for await (const page of pages(server, id, {event: 'manual', branch}, waiting)) {
		const ours = page.find(pipeline => pipeline.requestId === requestId);
		if (ours) {
			return (await readOne(server, id, ours.number, waiting)) ?? ours;
		}

		listsVariables ||= page.some(({hasVariables}) => hasVariables);
		unclear.push(...page.filter(({event}) => event === 'manual'));
	}

	// Variables are left out when there are none; a list in which nothing has them may leave out ours.
	for (const {number} of listsVariables ? [] : unclear.slice(0, mostSingles)) {
		const single = await readOne(server, id, number, waiting);
		if (single?.requestId === requestId) {
			return single;
		}
	}

	return undefined;
}
