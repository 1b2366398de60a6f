import {asOperatorError, type OperatorError} from '../../domain/errors.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import type {OutputValues} from '../../domain/incident/outputs.ts';
import type {Pipeline} from '../../domain/pipeline/pipeline.ts';
import {failedLines, needsOwnTick, sayEvent} from '../../domain/pipeline/restartable.ts';
import {sayCause} from '../../domain/pipeline/say-end.ts';
import {type PipelineEnd, whyEnded} from '../../domain/pipeline/why-ended.ts';
import {sayTime} from '../../domain/text/time.ts';
import {count} from '../../domain/text/wording.ts';
import type {Ci} from '../ports/ci.ts';
import type {ActionContext, ActionNamed} from './action.ts';
import {repositoriesOf} from './configured-ci.ts';
import {refusedOrUnreachable} from './outcomes.ts';

/** Pipelines that failed this long before the incident was opened may have failed because of the same fault. */
const lookBackMs = 24 * 3_600_000;
/** A list has no causes: each costs one request. */
const mostCauses = 40;
/** A slow CI must not cost the list: after this share of the step's time, what is left is listed without a cause. */
const shareForCauses = 0.7;

type Listed = OutputValues<'ci.failed'>['pipelines'][number];

/** Lists the pipelines that failed during the incident, in every repository that builds or uses the image. */
export const ciFailed: ActionNamed<'ci.failed'> = {
	name: 'ci.failed',
	parse: inputParser('ci.failed'),
	effect: 'read',
	inputs: {
		since: {required: true, about: 'when the incident was opened, ISO 8601; pipelines of the day before it count too'},
	},
	outcomes: {
		some: 'some failed',
		none: 'none failed',
		unavailable: 'no CI is configured for this image',
		refused: 'CI refused the request',
		unreachable: 'CI does not respond',
	},
	provides: {
		pipelines:
			'of each: repository, number, title, event, status, cause, creation, and whether it is ticked by default',
	},
	bare: ['refused', 'unreachable'],
	success: [],
	outcomeOf: refusedOrUnreachable,

	async run({since}, context) {
		const {ci} = context.ports;
		const repositories = repositoriesOf(context);
		if (!ci || repositories.length === 0) {
			return {outcome: 'unavailable', output: {pipelines: []}, say: 'No CI is configured for this image.'};
		}

		const from = new Date(since.getTime() - lookBackMs).toISOString();
		const {failed, unseen} = await failedIn(ci, {repositories, from}, context);
		const pipelines = await withCauses(ci, failed, context);
		const said =
			pipelines.length === 0
				? 'No pipeline failed during the incident that a newer one has not replaced.'
				: `${count(pipelines.length, 'pipeline')} failed since ${sayTime(from)} and ${pipelines.length === 1 ? 'is the newest of its branch' : 'are the newest of their branches'}.`;
		return {
			outcome: pipelines.length === 0 ? 'none' : 'some',
			output: {pipelines},
			say: [said, ...unseen.map(({message}) => `Not looked at: ${message}`)].join(' '),
		};
	},
};

type Failed = {repository: string; pipeline: Pipeline};

/**
 * Newest first. A repository that the CI does not show keeps back nothing of the others.
 * @throws OperatorError where none could be looked at
 */
async function failedIn(
	ci: Ci,
	{repositories, from}: {repositories: readonly string[]; from: string},
	context: ActionContext,
): Promise<{failed: Failed[]; unseen: OperatorError[]}> {
	const failed: Failed[] = [];
	const unseen: OperatorError[] = [];
	for (const [at, repository] of repositories.entries()) {
		context.progress({label: `pipelines of ${repository}`, done: at, total: repositories.length});
		try {
			const all = await ci.since(repository, from, context);
			failed.push(...failedLines(all).map(pipeline => ({repository, pipeline})));
		} catch (error) {
			context.signal.throwIfAborted();
			const known = asOperatorError(error);
			unseen.push(known);
			if (known.exit === 'unreachable' || unseen.length === repositories.length) {
				throw known;
			}
		}
	}

	return {failed: failed.sort((a, b) => b.pipeline.created.localeCompare(a.pipeline.created)), unseen};
}

/** Newest first. A pipeline that was cancelled has not failed: before 3.14 only its steps tell. */
async function withCauses(ci: Ci, failed: readonly Failed[], context: ActionContext): Promise<Listed[]> {
	const {clock} = context.ports;
	const until = clock.monotonic() + context.timeoutMs * shareForCauses;
	const listed: Listed[] = [];
	for (const [at, {repository, pipeline}] of failed.entries()) {
		context.progress({label: 'causes of the failed pipelines', done: at, total: failed.length});
		const isAsked = at < mostCauses && clock.monotonic() < until;
		const end = isAsked ? await endOf(ci, {repository, pipeline}, context) : undefined;
		if (end !== undefined && end.kind !== 'failed' && end.kind !== 'not-begun' && end.kind !== 'killed') {
			continue;
		}

		const {number, title, status, created, branch, event} = pipeline;
		listed.push({
			repository,
			number,
			title,
			status,
			created,
			branch,
			event: sayEvent(pipeline),
			cause: end === undefined ? 'not looked up' : sayCause(end),
			tick: end?.kind === 'failed' && end.cause === 'image' && !needsOwnTick({event}),
		});
	}

	return listed;
}

/** Undefined: it cannot be looked up, as somebody has deleted it, for example. */
async function endOf(ci: Ci, {repository, pipeline}: Failed, context: ActionContext): Promise<PipelineEnd | undefined> {
	try {
		return whyEnded(await ci.pipeline(repository, pipeline.number, context));
	} catch (error) {
		context.signal.throwIfAborted();
		context.log(asOperatorError(error).message);
		return undefined;
	}
}
