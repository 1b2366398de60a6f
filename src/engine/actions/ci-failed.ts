import {inputParser} from '../../domain/incident/inputs.ts';
import type {OutputValues} from '../../domain/incident/outputs.ts';
import type {Pipeline} from '../../domain/pipeline/pipeline.ts';
import {failedLines, needsOwnTick, sayEvent} from '../../domain/pipeline/restartable.ts';
import {sayCause} from '../../domain/pipeline/say-end.ts';
import {whyEnded} from '../../domain/pipeline/why-ended.ts';
import {sayTime} from '../../domain/text/time.ts';
import {count} from '../../domain/text/wording.ts';
import type {Ci} from '../ports/ci.ts';
import type {ActionContext, ActionNamed} from './action.ts';
import {refusedOrUnreachable} from './outcomes.ts';

/** Pipelines that failed this long before the incident was opened may have failed because of the same fault. */
const lookBackMs = 24 * 3_600_000;
/** A list has no causes: each costs one request. */
const mostCauses = 40;

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
		const {ports, settings} = context;
		const {pipeline, usedByPipelines} = settings;
		if (!ports.ci || !pipeline) {
			return {outcome: 'unavailable', output: {pipelines: []}, say: 'No CI is configured for this image.'};
		}

		const from = new Date(since.getTime() - lookBackMs).toISOString();
		const repositories = [...new Set([pipeline.repository, ...usedByPipelines])];
		const failed: {repository: string; pipeline: Pipeline}[] = [];
		for (const [at, repository] of repositories.entries()) {
			context.progress({label: `pipelines of ${repository}`, done: at, total: repositories.length});
			const all = await ports.ci.since(repository, from, context);
			failed.push(...failedLines(all).map(each => ({repository, pipeline: each})));
		}

		failed.sort((a, b) => b.pipeline.created.localeCompare(a.pipeline.created));
		const pipelines = await withCauses(ports.ci, failed, context);
		return {
			outcome: pipelines.length === 0 ? 'none' : 'some',
			output: {pipelines},
			say:
				pipelines.length === 0
					? 'No pipeline failed during the incident that a newer one has not replaced.'
					: `${count(pipelines.length, 'pipeline')} failed since ${sayTime(from)} and ${pipelines.length === 1 ? 'is the newest of its branch' : 'are the newest of their branches'}.`,
		};
	},
};

/** Newest first. A pipeline that was cancelled has not failed: before 3.14 only its steps tell. */
async function withCauses(
	ci: Ci,
	failed: readonly {repository: string; pipeline: Pipeline}[],
	context: ActionContext,
): Promise<Listed[]> {
	const listed: Listed[] = [];
	for (const [at, {repository, pipeline}] of failed.entries()) {
		context.progress({label: 'causes of the failed pipelines', done: at, total: failed.length});
		const end = at < mostCauses ? whyEnded(await ci.pipeline(repository, pipeline.number, context)) : undefined;
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
