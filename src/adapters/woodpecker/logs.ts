import * as v from 'valibot';
import {OperatorError} from '../../domain/errors.ts';
import type {Pipeline, PipelineStep} from '../../domain/pipeline/pipeline.ts';
import type {CiLogLine, PipelineLog} from '../../engine/ports/ci.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {listIn, repositoryPath, type Server} from './server.ts';

const entry = v.object({
	line: v.number(),
	/** An empty line is null. */
	data: v.fallback(v.string(), ''),
	/** 0 stdout, 1 stderr. Higher types are no text for people. */
	type: v.fallback(v.number(), 0),
});

/** A log that still grows this many quiet times after the end is left: something else than its agent writes it. */
const mostQuietTimes = 20;
const keptLines = 40;

type StepLog = {
	/** The numbers that were given. */
	given: Set<number>;
	/** How many lines the server had. */
	stored: number;
	/** Since when nothing new has come after the step's end. */
	quietSince?: number;
	/** Whole when the step ended, and once more when the pipeline had. */
	isWhole: boolean;
	isFinal: boolean;
	last: string[];
};

/**
 * Reads the new lines of every step that has begun. An agent sends its log about once a second, from a queue of its own, also after
 * the end: a log is whole when nothing new has come for a while. Until then reading stops at the first gap, because the server may
 * store batches out of order. @see test/recorded/woodpecker, 087 and 089
 */
export function createLog(server: Server, repository: string, quietMs: number): PipelineLog {
	const logs = new Map<number, StepLog>();
	let overSince: number | undefined;
	let lastLineMs: number | undefined;
	let isWhole = false;

	async function readStep(
		{id, name, state}: PipelineStep,
		{path, nowMs, isOver}: {path: string; nowMs: number; isOver: boolean},
		waiting: Waiting,
	): Promise<CiLogLine[]> {
		const log = logs.get(id) ?? {given: new Set(), stored: 0, isWhole: false, isFinal: false, last: []};
		logs.set(id, log);
		const response = await server.read(`${path}/${id}`, waiting);
		const stored = response?.json === undefined ? [] : readLines(listIn(server.http.host, response));
		const fresh = stored.filter(([line]) => !log.given.has(line));
		const ended = isOver || !isLiveState(state);

		if (ended && (log.quietSince === undefined || stored.length !== log.stored)) {
			log.quietSince = nowMs;
		}

		log.stored = stored.length;
		// An empty log may still come as a whole.
		const quietSince = Math.max(log.quietSince ?? nowMs, log.stored === 0 ? (overSince ?? 0) : 0);

		const isLate = isOver && nowMs - (overSince ?? nowMs) >= mostQuietTimes * quietMs;
		const isQuiet = ended && nowMs - quietSince >= quietMs;
		const lines: CiLogLine[] = [];
		for (const [line, text] of fresh) {
			if (line > log.given.size && !isQuiet && !isLate) {
				break;
			}

			log.given.add(line);
			if (text !== undefined) {
				lines.push({step: name, text});
				log.last = [...log.last, text].slice(-keptLines);
			}
		}

		lastLineMs = lines.length > 0 ? nowMs : lastLineMs;
		log.isWhole = isLate || (isQuiet && (log.given.size > 0 || isOver));
		log.isFinal = isOver && log.isWhole;
		return lines;
	}

	return {
		/** A step whose log cannot be read keeps back no line of the others: the error is thrown after them. */
		async *read(pipeline: Pipeline, nowMs, waiting) {
			const path = `${repositoryPath(await server.id(repository, waiting))}/logs/${pipeline.number}`;
			const isOver = !isLiveState(pipeline.state);
			overSince ??= isOver ? nowMs : undefined;
			let problem: OperatorError | undefined;
			const begun = pipeline.steps.filter(({state}) => state !== 'waiting' && state !== 'skipped');
			for (const step of begun) {
				const known = logs.get(step.id);
				// The server accepts late lines for minutes: when the pipeline has ended, every log is read once more.
				if (!(isOver ? known?.isFinal : known?.isWhole)) {
					try {
						yield* await readStep(step, {path, nowMs, isOver}, waiting);
					} catch (error) {
						if (!(error instanceof OperatorError) || error.exit === 'unreachable') {
							throw error;
						}

						problem ??= error;
					}
				}
			}

			if (problem) {
				throw problem;
			}

			isWhole = isOver && begun.every(({id}) => logs.get(id)?.isFinal === true);
		},
		isWhole: () => isWhole,
		lastLines: stepId => logs.get(stepId)?.last ?? [],
		lastLineMs: () => lastLineMs,
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

/** A progress bar that writes over itself shows its last state. */
function decode(data: string): string {
	const text = Buffer.from(data, 'base64')
		.toString('utf8')
		.replace(/\r?\n$/, '');
	return text.split('\r').findLast(part => part !== '') ?? '';
}

function isLiveState(state: PipelineStep['state']): boolean {
	return state === 'waiting' || state === 'running';
}
