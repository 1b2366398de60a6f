import * as v from 'valibot';
import type {CiLogLine, Pipeline} from '../../engine/ports/ci.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {repositoryPath} from './listing.ts';
import {list, type Server} from './server.ts';

const entry = v.object({
	line: v.number(),
	data: v.fallback(v.string(), ''),
	/** 0 stdout, 1 stderr; beyond that not text for people. */
	type: v.fallback(v.number(), 0),
});

/**
 * New lines of every step that has begun.
 * While a step runs, only lines without a gap before them: an agent's batches may be stored out of order.
 * @param after the next line per step id; moved on here
 */
export function createLogs(server: Server) {
	/** Steps whose whole log was given out after their end, per follower. */
	const settled = new WeakMap<Map<number, number>, Set<number>>();

	return async function logs(
		repository: string,
		pipeline: Pipeline,
		after: Map<number, number>,
		waiting: Waiting,
	): Promise<CiLogLine[]> {
		const id = await server.id(repository, waiting);
		const done = settled.get(after) ?? new Set();
		settled.set(after, done);
		const live = isLiveState(pipeline.state);
		const lines: CiLogLine[] = [];

		for (const step of pipeline.steps) {
			// Late lines are accepted for minutes: everything is asked for once more when the pipeline has ended.
			if (step.state === 'waiting' || step.state === 'skipped' || (live && done.has(step.id))) {
				continue;
			}

			const answer = await server.read(`${repositoryPath(id)}/logs/${pipeline.number}/${step.id}`, waiting);
			const stored = readLines(list(server.http.place, answer?.json ?? null));
			const ended = !isLiveState(step.state);
			let next = after.get(step.id) ?? 0;

			for (const [line, text] of stored) {
				if (line < next) {
					continue;
				}

				if (line > next && !ended) {
					break;
				}

				if (text !== undefined) {
					lines.push({step: step.name, text});
				}

				next = line + 1;
			}

			after.set(step.id, next);
			if (ended) {
				done.add(step.id);
			}
		}

		return lines;
	};
}

/** By line, each once: a task that is run again repeats them from 0. */
function readLines(items: unknown[]): [line: number, text: string | undefined][] {
	const lines = new Map<number, string | undefined>();
	for (const item of items) {
		const parsed = v.safeParse(entry, item);
		if (parsed.success) {
			lines.set(parsed.output.line, parsed.output.type <= 1 ? decode(parsed.output.data) : undefined);
		}
	}

	return [...lines].sort(([a], [b]) => a - b);
}

function decode(data: string): string {
	return Buffer.from(data, 'base64')
		.toString('utf8')
		.replace(/\r?\n$/, '');
}

function isLiveState(state: Pipeline['state'] | 'skipped'): boolean {
	return state === 'waiting' || state === 'running';
}
