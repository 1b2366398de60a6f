import * as v from 'valibot';
import type {Pipeline} from '../../domain/pipeline/pipeline.ts';
import type {Queue} from '../../domain/pipeline/why-waiting.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {readableItems} from './readable-items.ts';
import type {Server} from './server.ts';

const number = v.fallback(v.number(), 0);

/** Before 3.0 a task carries its whole workflow in `data`, secrets included: it is never parsed, kept or shown. */
const task = v.object({
	/** The id of the workflow. */
	id: v.fallback(v.string(), ''),
	labels: v.fallback(v.record(v.string(), v.string()), {}),
	/** Since 3.10. */
	pipeline_number: number,
	repo_id: number,
});

/** An empty list is `null` before 3.0. */
const tasks = readableItems(task);

const schema = v.object({
	pending: tasks,
	running: tasks,
	stats: v.object({worker_count: number, running_count: number}),
	paused: v.fallback(v.boolean(), false),
});

/** What the queue says of a pipeline. Undefined: only an admin of the CI may see it. */
export async function queueOf(
	server: Server,
	{pipeline, repository}: {pipeline: Pipeline; repository: string},
	waiting: Waiting,
): Promise<Queue | undefined> {
	const id = await server.id(repository, waiting);
	const response = await server.http.get('/api/queue/info', waiting);
	const parsed = response.status === 200 ? v.safeParse(schema, response.json) : undefined;
	if (!parsed?.success) {
		return undefined;
	}

	const {pending, running, stats, paused} = parsed.output;
	const isOurs = (one: v.InferOutput<typeof task>) =>
		one.pipeline_number > 0
			? one.pipeline_number === pipeline.number && one.repo_id === id
			: pipeline.workflows.some(workflow => String(workflow.id) === one.id);
	const waits = pending.find(isOurs);
	const runs = running.find(isOurs);
	const found = waits ?? runs;
	return {
		paused,
		// The server counts the places of agents that ask for work: those are free.
		free: stats.worker_count,
		running: stats.running_count,
		...(found ? {task: {state: waits ? 'pending' : 'running', labels: ownLabels(found.labels)}} : {}),
	};
}

/** Without those that the server adds to every task. */
function ownLabels(labels: Record<string, string>): Record<string, string> {
	return Object.fromEntries(
		Object.entries(labels).filter(
			([key]) => key !== 'repo' && key !== 'org-id' && !key.startsWith('woodpecker-ci.org/'),
		),
	);
}
