import {defined} from '../../domain/defined.ts';
import {isOver, type Pipeline} from '../../domain/pipeline/pipeline.ts';
import {type PipelineEnd, whyEnded} from '../../domain/pipeline/why-ended.ts';
import {type Queue, whySilent, whyWaiting} from '../../domain/pipeline/why-waiting.ts';
import {sayDuration} from '../../domain/text/time.ts';
import type {Ci, PipelineLog} from '../ports/ci.ts';
import type {ActionContext} from './action.ts';
import {follow, tolerant} from './follow.ts';

const pollMs = 2_000;
const logPollMs = 1_000;
/** From then on the screen says why nothing begins. */
const tellWaitingMs = 20_000;
/** From then on a person decides: nothing will happen by itself. */
const longestWaitingMs = 5 * 60_000;
const longestSilenceMs = 10 * 60_000;

/** How following a pipeline ended. `stuck`: nothing happens in it, and why. `open`: the time of the step was over. */
type Followed =
	| {kind: 'ended'; pipeline: Pipeline; end: PipelineEnd}
	| {kind: 'stuck'; pipeline: Pipeline; say: string}
	| {kind: 'open'; pipeline?: Pipeline};

type PipelineToFollow = {
	ci: Ci;
	repository: string;
	number: number;
	/** What is known of it, where it was started just now. */
	first?: Pipeline;
};

/** Follows a pipeline to its end and its log to the last line, or until nothing happens any more. */
export async function followPipeline(
	{ci, repository, number, first}: PipelineToFollow,
	context: ActionContext,
): Promise<Followed> {
	const {clock} = context.ports;
	const name = `pipeline ${number}`;
	const log = ci.log(repository);
	const watch = createWatch({ci, repository, log, started: clock.monotonic()}, context);

	async function readLog(pipeline: Pipeline): Promise<void> {
		await tolerant(
			name,
			async () => {
				for await (const {step, text} of log.read(pipeline, clock.monotonic(), context)) {
					context.log(`${step} | ${text}`);
				}
			},
			context,
		);
	}

	const pipeline = await follow<Pipeline>(
		{
			...defined({first}),
			name,
			pollMs,
			look: () => ci.pipeline(repository, number, context),
			isOver: fresh => isOver(fresh) || watch.stuck() !== undefined,
			async tell(fresh) {
				await readLog(fresh);
				const ended = fresh.steps.filter(({state}) => state !== 'waiting' && state !== 'running').length;
				context.progress({label: `${name} ${fresh.status}`, done: ended, total: fresh.steps.length});
				await watch.look(fresh);
			},
		},
		context,
	);

	if (pipeline === undefined || !isOver(pipeline)) {
		const stuck = watch.stuck();
		return pipeline && stuck ? {kind: 'stuck', pipeline, say: stuck} : {kind: 'open', ...defined({pipeline})};
	}

	await readToTheEnd(pipeline, {log, readLog, quietMs: ci.patience.logQuietMs}, context);
	return {kind: 'ended', pipeline, end: whyEnded(pipeline, log.lastLines)};
}

/** An agent sends the end of its log after the end of the pipeline. */
async function readToTheEnd(
	pipeline: Pipeline,
	{log, readLog, quietMs}: {log: PipelineLog; readLog(pipeline: Pipeline): Promise<void>; quietMs: number},
	context: ActionContext,
): Promise<void> {
	const {clock} = context.ports;
	// The log itself ends its wait after 20 quiet times; one that cannot be read is left then, too.
	const givenUp = clock.monotonic() + 25 * quietMs;
	context.progress({label: `pipeline ${pipeline.number} ${pipeline.status}: the last lines of its log`});
	while (!log.isWhole() && clock.monotonic() < givenUp) {
		await clock.sleep(Math.min(logPollMs, quietMs / 4), context);
		await readLog(pipeline);
	}
}

/** Notices that nothing happens, and says why: once in the log, and in the progress while it lasts. */
function createWatch(
	{ci, repository, log, started}: {ci: Ci; repository: string; log: PipelineLog; started: number},
	context: ActionContext,
) {
	const {clock} = context.ports;
	let stuck: string | undefined;
	let told: string | undefined;
	let busySince = started;
	let state: Pipeline['state'] | undefined;

	async function say(pipeline: Pipeline, sentence: (queue: Queue | undefined) => string): Promise<string> {
		const seen: {queue?: Queue} = {};
		if (pipeline.status !== 'blocked') {
			await tolerant(
				'the queue of the CI',
				async () => {
					Object.assign(seen, defined({queue: await ci.queue(pipeline, repository, context)}));
				},
				context,
			);
		}

		return sentence(seen.queue);
	}

	return {
		stuck: () => stuck,
		async look(pipeline: Pipeline): Promise<void> {
			const now = clock.monotonic();
			const lastLine = log.lastLineMs();
			if (state !== pipeline.state) {
				state = pipeline.state;
				busySince = now;
				told = undefined;
			}

			busySince = Math.max(busySince, lastLine ?? 0);
			const idleMs = now - busySince;
			if (pipeline.state === 'waiting' && (pipeline.status === 'blocked' || idleMs >= tellWaitingMs)) {
				const why = await say(pipeline, queue => whyWaiting(pipeline, queue, sayDuration(idleMs)));
				if (told === undefined) {
					told = why;
					context.log(why);
				}

				context.progress({label: why});
				stuck = pipeline.status === 'blocked' || idleMs >= longestWaitingMs ? why : undefined;
			} else if (pipeline.state === 'running' && idleMs >= longestSilenceMs) {
				stuck = await say(pipeline, queue => whySilent(pipeline, queue, sayDuration(idleMs)));
				context.log(stuck);
			}
		},
	};
}
