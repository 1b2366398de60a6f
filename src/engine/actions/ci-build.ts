import {OperatorError} from '../../domain/errors.ts';
import {formatReference, type ImageReference} from '../../domain/image/reference.ts';
import {stillRunning} from '../../domain/incident/incident.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import type {OutputValues} from '../../domain/incident/outputs.ts';
import type {JsonObject} from '../../domain/json.ts';
import type {Ci, Pipeline} from '../ports/ci.ts';
import type {ActionContext, ActionNamed, ActionResult} from './action.ts';
import {follow, lookForLost, tolerant} from './follow.ts';
import {refusedOrUnreachable} from './outcomes.ts';
import {rejection} from './rejection.ts';
import {findPush, stateBefore, throwNotKnown} from './tag-state.ts';

const pollMs = 2_000;

/** Triggers the image's pipeline once, and follows it to its end. */
export const ciBuild: ActionNamed<'ci.build'> = {
	name: 'ci.build',
	parse: inputParser('ci.build'),
	effect: 'write',
	inputs: {image: {required: true, about: 'the image reference'}},
	outcomes: {
		succeeded: 'the pipeline succeeded',
		failed: 'the pipeline failed or was cancelled',
		filtered: 'the pipeline does not run on the event manual',
		rejected: 'CI rejected the request',
		late: 'the pipeline is still waiting or running',
		unavailable: 'no pipeline is configured for this image',
		refused: 'CI refused the request',
		unreachable: 'CI does not respond',
	},
	provides: {number: 'the pipeline', url: 'its page', commit: 'what it built'},
	bare: ['filtered', 'rejected', 'unavailable', 'refused', 'unreachable'],
	success: ['succeeded'],
	outcomeOf: refusedOrUnreachable,

	async gate({image}, context) {
		const {ports, attach} = context;
		const order = orderOf(context);
		if (!ports.ci || !order) {
			throw new OperatorError('ci.unconfigured', `No pipeline is configured for ${formatReference(image)}.`, {
				hint: 'Choose another remedy, or configure woodpecker and images.….build.',
				exit: 'configuration',
			});
		}

		const {repository, branch} = order;
		return {
			target: `${ports.ci.place}: ${repository}, branch ${branch}`,
			changes: [
				attach
					? {kind: 'follow-pipeline', number: numberOf(attach)}
					: {kind: 'start-pipeline', repository, branch, image: formatReference(image)},
			],
			undo: 'Cancel the pipeline in CI. Once it has pushed, the tag names the new image.',
			phrase: `build ${repository}`,
		};
	},

	async run({image}, context) {
		const {ci} = context.ports;
		const order = orderOf(context);
		if (!ci || !order) {
			return {outcome: 'unavailable', output: {}, say: `No pipeline is configured for ${formatReference(image)}.`};
		}

		// A pipeline that is under way already is never triggered again.
		if (context.attach) {
			return followPipeline({ci, order, image, number: numberOf(context.attach)}, context);
		}

		const before = await stateBefore(image, context);
		const answer = await ci.trigger(order, context);
		if (answer.state !== 'created') {
			return {
				outcome: answer.state,
				output: {},
				say: answer.detail,
				...(answer.state === 'rejected' ? {problem: rejection([answer])} : {}),
			};
		}

		const {number, url} = answer.pipeline;
		const detail = {number, url: url ?? null, ...before};
		await context.record('pipeline', detail, `Pipeline ${number} of ${order.repository} was triggered.`);
		return followPipeline({ci, order, image, number, first: answer.pipeline, detail}, context);
	},

	async reconcile({image}, context) {
		const {ci, clock} = context.ports;
		const order = orderOf(context);
		if (!ci || !order) {
			return {kind: 'unknown', say: 'CI is no longer configured.'};
		}

		const found = await lookForLost(() => ci.find(order, context), clock, context);
		if (!found) {
			return {kind: 'not-done', say: "No pipeline carries the incident's request id: it was not triggered."};
		}

		return isFinal(found)
			? {kind: 'done', ...(await endOf(found, {order, image}, context))}
			: {
					kind: 'running',
					output: outputOf(found),
					say: `Pipeline ${found.number} carries the incident's request id and is under way.`,
				};
	},
};

type Order = Parameters<Ci['trigger']>[0];
type Values = OutputValues<'ci.build'>;

function orderOf({settings: {pipeline}, request}: ActionContext): Order | undefined {
	return pipeline && {...pipeline, requestId: request};
}

/** @throws OperatorError effect.unknown: the journal does not say which pipeline is under way */
function numberOf(attach: NonNullable<ActionContext['attach']>): number {
	if (attach.kind === 'pipeline') {
		return attach.number;
	}

	throw new OperatorError('effect.unknown', 'The journal does not say which pipeline is under way.', {
		hint: 'Look for it in CI, then record the outcome by hand.',
		exit: 'indeterminate',
	});
}

type PipelineToFollow = {
	ci: Ci;
	order: Order;
	image: ImageReference;
	/** What was recorded when it was triggered; absent: it is in the journal. */
	detail?: JsonObject | undefined;
	number: number;
	/** What is known of it, where it was triggered just now. */
	first?: Pipeline;
};

async function followPipeline(
	{ci, order, image, detail, number, ...known}: PipelineToFollow,
	context: ActionContext,
): Promise<ActionResult<Values>> {
	const {repository} = order;
	const seen = new Map<number, number>();
	const pipeline = await follow<Pipeline>(
		{
			...known,
			name: `pipeline ${number}`,
			pollMs,
			look: () => ci.pipeline(repository, number, context),
			isOver: isFinal,
			async tell(fresh) {
				const readLog = async () => {
					for (const {step, text} of await ci.logs(repository, fresh, seen, context)) {
						context.log(`${step} | ${text}`);
					}
				};
				await tolerant(`pipeline ${number}`, readLog, context);
				const ended = fresh.steps.filter(({state}) => state !== 'waiting' && state !== 'running').length;
				context.progress({label: `pipeline ${number} ${fresh.status}`, done: ended, total: fresh.steps.length});
			},
		},
		context,
	);

	return pipeline && isFinal(pipeline)
		? endOf(pipeline, {order, image, detail}, context)
		: {
				outcome: stillRunning,
				output: pipeline ? outputOf(pipeline) : {number},
				say: `Pipeline ${number} is still ${pipeline?.status ?? 'not seen to its end'}. It goes on in CI.`,
			};
}

/** A green build of another branch has built nothing of this image. Any other may have pushed before it ended. */
async function endOf(
	pipeline: Pipeline,
	{order: {branch}, image, detail}: Pick<PipelineToFollow, 'order' | 'image' | 'detail'>,
	context: ActionContext,
): Promise<ActionResult<Values>> {
	const output = outputOf(pipeline);
	const say = sayEnd(pipeline, branch);
	if (pipeline.state === 'succeeded' && pipeline.branch === branch) {
		return {outcome: 'succeeded', output, say};
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

/** The steps show what went wrong: an exit of 126 says that the step's own image cannot be run. */
function sayEnd({number, state, status, steps, errors, branch}: Pipeline, wanted: string): string {
	if (state === 'succeeded') {
		return branch === wanted
			? `Pipeline ${number} succeeded.`
			: `Pipeline ${number} succeeded, but it built ${branch}, not ${wanted}.`;
	}

	const failed = steps.find(step => step.state === 'failed');
	const why = errors[0] ?? (failed ? `step "${failed.name}" ended with ${failed.exitCode ?? 'an error'}` : status);
	const hint = failed?.exitCode === 126 ? ' Its own image cannot be pulled: use the fallback.' : '';
	return `Pipeline ${number} ${state}: ${why}.${hint}`;
}

function isFinal({state}: Pipeline): boolean {
	return state !== 'waiting' && state !== 'running';
}

function outputOf({number, url, commit, branch}: Pipeline): Values {
	return {number, url: url ?? null, commit, branch};
}
