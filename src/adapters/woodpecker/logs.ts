import * as v from 'valibot';
import type {CiLogLine, Pipeline} from '../../engine/ports/ci.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {listIn, repositoryPath, type Server} from './server.ts';

const entry = v.object({
	line: v.number(),
	data: v.fallback(v.string(), ''),
	/** 0 stdout, 1 stderr. Higher types are no text for people. */
	type: v.fallback(v.number(), 0),
});

/**
 * Reads the new lines of every step that has begun. While a step runs, it stops at the first gap: the server may store
 * the batches of an agent out of order.
 * @param after the number of the next line for each step id; the reader advances it
 */
export function createLogs(server: Server) {
	/** The steps whose log was read after their end, for each `after`. */
	const finished = new WeakMap<Map<number, number>, Set<number>>();

	return async function logs(
		repository: string,
		pipeline: Pipeline,
		after: Map<number, number>,
		waiting: Waiting,
	): Promise<CiLogLine[]> {
		const id = await server.id(repository, waiting);
		const done = finished.get(after) ?? new Set();
		finished.set(after, done);
		const live = isLiveState(pipeline.state);
		const lines: CiLogLine[] = [];

		for (const step of pipeline.steps) {
			// The server accepts late lines for minutes: when the pipeline has ended, every log is read once more.
			if (step.state === 'waiting' || step.state === 'skipped' || (live && done.has(step.id))) {
				continue;
			}

			const response = await server.read(`${repositoryPath(id)}/logs/${pipeline.number}/${step.id}`, waiting);
			const stored = response?.json === undefined ? [] : readLines(listIn(server.http.host, response));
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

/** By number, each once: a task that runs again repeats them from 0. */
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
