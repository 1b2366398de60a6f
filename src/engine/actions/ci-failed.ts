import {defined} from '../../domain/defined.ts';
import {asOperatorError, type OperatorError} from '../../domain/errors.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import type {OutputValues} from '../../domain/incident/outputs.ts';
import type {PlannedImage} from '../../domain/incident/planned-images.ts';
import {namedImage} from '../../domain/pipeline/names-image.ts';
import type {Pipeline} from '../../domain/pipeline/pipeline.ts';
import {failedLines, needsOwnTick, sayEvent} from '../../domain/pipeline/restartable.ts';
import {sayCause} from '../../domain/pipeline/say-end.ts';
import {type PipelineEnd, whyEnded} from '../../domain/pipeline/why-ended.ts';
import {titleOf} from '../../domain/plan/row-title.ts';
import {sayTime} from '../../domain/text/time.ts';
import {count} from '../../domain/text/wording.ts';
import type {Ci} from '../ports/ci.ts';
import type {ActionContext, ActionNamed} from './action.ts';
import {ciOf, repositoriesOf} from './configured-ci.ts';
import {refusedOrUnreachable} from './outcomes.ts';

/** Pipelines that failed this long before the incident was opened may have failed because of the same fault. */
const lookBackMs = 24 * 3_600_000;
/** A damage may be older; further back, a failure is no news to anybody. */
const mostLookBackMs = 14 * 24 * 3_600_000;
/** A list has no causes: each costs one request, and some a log. */
const mostCauses = 200;
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
		const ci = ciOf(context);
		const repositories = repositoriesOf(context);
		if (!ci || repositories.length === 0) {
			return {outcome: 'unavailable', output: {pipelines: []}, say: 'No CI is configured for this image.'};
		}

		const from = lookFrom(since.getTime(), context.planned).toISOString();
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

/** The day before the incident; where an image was lost earlier, since then. */
function lookFrom(opened: number, planned: readonly PlannedImage[] = []): Date {
	const losses = planned.flatMap(({damaged}) => (damaged.since === undefined ? [] : Date.parse(damaged.since)));
	return new Date(Math.max(opened - mostLookBackMs, Math.min(opened - lookBackMs, ...losses)));
}

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
		const {end, image} = isAsked ? await endOf(ci, {repository, pipeline}, context) : {};
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
			cause: end === undefined ? 'not looked up' : sayCauseOf(end, image, context),
			tick: end !== undefined && isProven(end, image, context) && !needsOwnTick({event}),
		});
	}

	return listed;
}

/** `image`: the damaged image that it failed because of. */
type Ended = {end?: PipelineEnd; image?: PlannedImage};

/** Nothing: it cannot be looked up, as somebody has deleted it, for example. */
async function endOf(ci: Ci, {repository, pipeline: {number}}: Failed, context: ActionContext): Promise<Ended> {
	try {
		const pipeline = await ci.pipeline(repository, number, context);
		const end = whyEnded(pipeline);
		return {end, ...defined({image: await provenImage(ci, {repository, pipeline, end}, context)})};
	} catch (error) {
		context.signal.throwIfAborted();
		context.log(asOperatorError(error).message);
		return {};
	}
}

/** By the error of the step or the workflow that ended it; where its step has none, by the end of its log. */
async function provenImage(
	ci: Ci,
	{repository, pipeline, end}: Failed & {end: PipelineEnd},
	context: ActionContext,
): Promise<PlannedImage | undefined> {
	const {planned = [], ports} = context;
	if (planned.length === 0 || end.kind !== 'failed') {
		return undefined;
	}

	const find = (text: string | undefined) => {
		const named =
			text === undefined
				? undefined
				: namedImage(
						text,
						planned.map(({damaged}) => damaged),
					);
		return planned.find(({damaged}) => damaged === named);
	};
	const {step, workflow} = end;
	const byError = find(step?.error) ?? find(workflow?.error);
	if (byError !== undefined || step === undefined || step.error !== undefined) {
		return byError;
	}

	const log = ci.log(repository);
	for await (const _ of log.read(pipeline, ports.clock.monotonic(), context)) {
		// Only its end is wanted.
	}

	return find(log.lastLines(step.id).join('\n'));
}

/** Of a plan, only what names a damaged image that is whole again: a restart would fail the same way. */
function isProven(end: PipelineEnd, image: PlannedImage | undefined, {planned = []}: ActionContext): boolean {
	return planned.length === 0
		? end.kind === 'failed' && end.cause === 'image'
		: image !== undefined && isRepaired(image);
}

function isRepaired({item}: PlannedImage): boolean {
	return item !== undefined && ['done', 'already-whole', 'by-hand'].includes(item.outcome);
}

function sayCauseOf(end: PipelineEnd, image: PlannedImage | undefined, {planned = []}: ActionContext): string {
	const isOther = planned.length > 0 && end.kind === 'failed' && end.cause === 'image';
	return image === undefined
		? `${sayCause(end)}${isOther ? '; it names no damaged image' : ''}`
		: `${sayCause(end)}; damaged: ${titleOf(image.damaged)}${isRepaired(image) ? '' : ', not repaired'}`;
}
