import {defined} from '../../domain/defined.ts';
import type {ImageReference} from '../../domain/image/reference.ts';
import {stillRunning} from '../../domain/incident/incident.ts';
import type {OutputValues} from '../../domain/incident/outputs.ts';
import type {JsonObject} from '../../domain/json.ts';
import {type Pipeline, shortCommit} from '../../domain/pipeline/pipeline.ts';
import {sayEnd} from '../../domain/pipeline/say-end.ts';
import type {PipelineEnd} from '../../domain/pipeline/why-ended.ts';
import {runningStep, whatHelps} from '../../domain/pipeline/why-waiting.ts';
import type {Ci, PipelineOrder} from '../ports/ci.ts';
import type {ActionContext, ActionResult} from './action.ts';
import {followPipeline} from './follow-pipeline.ts';
import {findPush, throwNotKnown} from './tag-state.ts';

/** A pipeline that replaced ours may be replaced itself. */
const mostReplacements = 5;

type Values = OutputValues<'ci.build'>;

type ToFollow = {
	ci: Ci;
	order: PipelineOrder;
	image: ImageReference;
	number: number;
	first?: Pipeline;
	/** What was recorded when it was triggered; absent: it is in the journal. */
	detail?: JsonObject | undefined;
};

/** Where another pipeline replaces the one that is followed, that one is followed on. */
export async function followToEnd(
	{ci, order, image, detail, ...start}: ToFollow,
	context: ActionContext,
): Promise<ActionResult<Values>> {
	const {repository} = order;
	let {number, first} = start;
	for (let hop = 0; ; hop++) {
		const followed = await followPipeline({ci, repository, number, ...defined({first})}, context);
		if (followed.kind === 'open') {
			const {pipeline} = followed;
			return {
				outcome: stillRunning,
				output: pipeline ? outputOf(pipeline) : {number},
				say: `Pipeline ${number} is still ${pipeline?.status ?? 'not seen to its end'}. It goes on in CI.${seeAt(pipeline?.url)}`,
			};
		}

		if (followed.kind === 'stuck') {
			const {pipeline, say} = followed;
			const url = runningStep(pipeline.steps)?.url ?? pipeline.url;
			return {outcome: stillRunning, output: outputOf(pipeline), say: `${say} ${whatHelps(pipeline)}${seeAt(url)}`};
		}

		const {pipeline, end} = followed;
		const by = hop < mostReplacements ? await replacementOf(ci, order, {pipeline, end}, context) : undefined;
		if (by === undefined) {
			return endOf({pipeline, end}, {order, image, detail}, context);
		}

		number = by;
		first = undefined;
		await context.record(
			'pipeline',
			{...detail, number, url: null},
			`${sayEnd(pipeline, end)} Following pipeline ${number}.`,
		);
	}
}

/** Before 3.14 the server does not say what replaced a pipeline: a newer one of the branch that lives builds the same. */
async function replacementOf(
	ci: Ci,
	{repository, branch}: PipelineOrder,
	{pipeline, end}: {pipeline: Pipeline; end: PipelineEnd},
	context: ActionContext,
): Promise<number | undefined> {
	if (end.kind === 'superseded') {
		return end.by;
	}

	if (end.kind !== 'cancelled' || pipeline.tellsWhoCancelled) {
		return undefined;
	}

	const live = await ci.live(repository, context);
	return live.find(each => each.event === 'manual' && each.branch === branch && each.number > pipeline.number)?.number;
}

/** A green build of another branch has built nothing of this image. Any other may have pushed before it ended. */
export async function endOf(
	{pipeline, end}: {pipeline: Pipeline; end: PipelineEnd},
	{order: {branch}, image, detail}: Pick<ToFollow, 'order' | 'image' | 'detail'>,
	context: ActionContext,
): Promise<ActionResult<Values>> {
	const output = outputOf(pipeline);
	const say = sayFully(pipeline, end, branch);
	// Green proves nothing: what it built and pushed is said, and the check that follows decides.
	if (end.kind === 'succeeded' && pipeline.branch === branch) {
		const found = await findPush(image, context, detail);
		const told = [say, sayCommit(pipeline, detail, context), found.kind === 'unknown' ? '' : found.say];
		return {outcome: 'succeeded', output, say: told.filter(text => text !== '').join(' ')};
	}

	const hasRun = pipeline.steps.some(({state}) => state !== 'waiting' && state !== 'skipped');
	const found = hasRun ? await findPush(image, context, detail) : undefined;
	switch (found?.kind) {
		case 'pushed':
			return {outcome: 'succeeded', output, say: `${say} ${found.say}`};
		case 'unknown':
			return throwNotKnown(`${say} ${found.say}`);
		default:
			return {outcome: 'failed', output, say};
	}
}

/** Of another pipeline than the one that was ordered, the commit may be another. */
function sayCommit({commit}: Pipeline, detail: JsonObject | undefined, {recorded}: ActionContext): string {
	const first = detail ?? recorded.find(({name}) => name === 'pipeline')?.detail;
	const ordered = typeof first?.commit === 'string' ? first.commit : '';
	return commit === ''
		? ''
		: ordered === '' || ordered === commit
			? `It built commit ${shortCommit(commit)}.`
			: `It built commit ${shortCommit(commit)}, not ${shortCommit(ordered)}, which was ordered.`;
}

function sayFully(pipeline: Pipeline, end: PipelineEnd, wanted: string): string {
	const {number, branch, url} = pipeline;
	if (end.kind === 'succeeded') {
		return branch === wanted
			? sayEnd(pipeline, end)
			: `Pipeline ${number} succeeded, but it built ${branch}, not ${wanted}.`;
	}

	const step = end.kind === 'failed' ? end.step : undefined;
	const hint = end.kind === 'failed' && end.cause === 'image' ? ' Build without the CI (the fallback).' : '';
	return `${sayEnd(pipeline, end)}${hint}${seeAt(step?.url ?? url)}`;
}

export function seeAt(url: string | undefined): string {
	return url === undefined ? '' : ` See ${url}`;
}

export function outputOf({number, url, commit, branch}: Pipeline): Values {
	return {number, url: url ?? null, commit, branch};
}
