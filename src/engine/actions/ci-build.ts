import {OperatorError} from '../../domain/errors.ts';
import {formatReference} from '../../domain/image/reference.ts';
import type {Change} from '../../domain/incident/change.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import {isOver} from '../../domain/pipeline/pipeline.ts';
import {sayEnd} from '../../domain/pipeline/say-end.ts';
import {whyEnded} from '../../domain/pipeline/why-ended.ts';
import type {PipelineOrder} from '../ports/ci.ts';
import type {ActionContext, ActionNamed} from './action.ts';
import {endOf, followToEnd, outputOf, seeAt} from './ci-build-follow.ts';
import {orderBuild} from './ci-build-order.ts';
import {findLate, plannedBuild} from './ci-build-plan.ts';
import {findLost} from './lost-reply.ts';
import {refusedOrUnreachable} from './outcomes.ts';
import {expectedInputs, stillDamaged} from './still-damaged.ts';
import {stateBefore} from './tag-state.ts';

/** Triggers the image's pipeline once, and follows it to its end. */
export const ciBuild: ActionNamed<'ci.build'> = {
	name: 'ci.build',
	parse: inputParser('ci.build'),
	effect: 'write',
	hasOwnLog: true,
	inputs: {
		image: {required: true, about: 'the image reference'},
		...expectedInputs,
	},
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
	atOnce: 4,
	success: ['succeeded'],
	outcomeOf: refusedOrUnreachable,

	async gate({image}, context) {
		const {ports, attach} = context;
		const {ci} = ports;
		const order = orderOf(context);
		if (!ci || !order) {
			throw new OperatorError('ci.unconfigured', `No pipeline is configured for ${formatReference(image)}.`, {
				hint: 'Choose another remedy, or configure woodpecker and images.….build.',
				exit: 'configuration',
			});
		}

		const {repository, branch} = order;
		const change: Change = attach
			? {kind: 'follow-pipeline', number: numberOf(attach)}
			: await plannedBuild(ci, order, image, context);
		return {
			target: `${ci.place}: ${repository}, branch ${branch}`,
			changes: [change],
			undo: undoOf(change),
			phrase: `build ${repository}`,
		};
	},

	async precondition(inputs, context) {
		const {ci} = context.ports;
		const order = orderOf(context);
		// What was approved to be followed, or ordered by an earlier attempt, may have moved the tag: nothing is ordered then.
		const follows = context.approved.some(({kind}) => kind === 'follow-pipeline');
		const late = !follows && ci && order && (await findLate(ci, order, context));
		return follows || late ? {kind: 'holds'} : stillDamaged(inputs.image, inputs, context);
	},

	async run({image}, context) {
		const {ci} = context.ports;
		const order = orderOf(context);
		if (!ci || !order) {
			return {outcome: 'unavailable', output: {}, say: `No pipeline is configured for ${formatReference(image)}.`};
		}

		// A pipeline that is under way already is never triggered again.
		if (context.attach) {
			return followToEnd({ci, order, image, number: numberOf(context.attach)}, context);
		}

		const tag = await stateBefore(image, context);
		const ordered = await orderBuild(ci, order, image, context);
		if (ordered.kind === 'turned-down') {
			const {outcome, say, problem} = ordered;
			return {outcome, output: {}, say, problem};
		}

		const {kind, pipeline: first} = ordered;
		const {number, url, commit} = first;
		const detail = {number, url: url ?? null, commit, ...tag};
		const {repository} = order;
		const say =
			kind === 'started'
				? `Pipeline ${number} of ${repository} was triggered.`
				: `Following pipeline ${number} of ${repository}.`;
		await context.record('pipeline', detail, `${say}${seeAt(url)}`);
		return followToEnd({ci, order, image, number, first, detail}, context);
	},

	async reconcile({image}, context) {
		const {ci} = context.ports;
		const order = orderOf(context);
		if (!ci || !order) {
			return {kind: 'unknown', say: 'CI is no longer configured.'};
		}

		const number = recordedNumber(context);
		const found =
			number === undefined
				? await findLost(() => ci.find(order, context), ci.patience.lostReplyMs, context)
				: await ci.pipeline(order.repository, number, context);
		if (!found) {
			return {kind: 'not-done', say: "No pipeline carries the incident's request id so far: it is not seen yet."};
		}

		const end = isOver(found) ? whyEnded(found) : undefined;
		if (end?.kind === 'superseded') {
			return {kind: 'running', output: {number: end.by}, say: sayEnd(found, end)};
		}

		return end
			? {kind: 'done', ...(await endOf({pipeline: found, end}, {order, image}, context))}
			: {
					kind: 'running',
					output: outputOf(found),
					say: `Pipeline ${found.number} is under way.${seeAt(found.url)}`,
				};
	},
};

/** Only what was intact is worth putting back. */
function undoOf(change: Change): string {
	const writes = change.kind === 'start-pipeline' ? (change.writes ?? []) : [];
	const intact = writes.flatMap(({tag, now, verdict}) =>
		verdict === 'intact' && now !== undefined ? [`the manifest of ${now} under ${tag}`] : [],
	);
	return intact.length === 0
		? 'Cancel the pipeline in CI. Once it has pushed, the tag names the new image.'
		: `Cancel the pipeline in CI. Once it has pushed, PUT again, while the registry keeps it: ${intact.join('; ')}.`;
}

function orderOf({settings: {pipeline}, request, opened}: ActionContext): PipelineOrder | undefined {
	return pipeline && {repository: pipeline.repository, branch: pipeline.branch, requestId: request, since: opened};
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

/** The pipeline that was followed last, where the journal says it. */
function recordedNumber({recorded}: ActionContext): number | undefined {
	const number = recorded.findLast(({name}) => name === 'pipeline')?.detail.number;
	return typeof number === 'number' ? number : undefined;
}
