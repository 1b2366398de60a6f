import type {ImageReference} from '../../domain/image/reference.ts';
import type {Problem} from '../../domain/incident/event.ts';
import type {Pipeline} from '../../domain/pipeline/pipeline.ts';
import type {Ci, PipelineOrder, TriggerAnswer} from '../ports/ci.ts';
import type {ActionContext} from './action.ts';
import {findLate, settleBuild} from './ci-build-plan.ts';
import {foundIfLost} from './lost-reply.ts';
import {withOrderLock} from './order-lock.ts';
import {rejection} from './rejection.ts';
import {tagsChanged} from './tag-writes.ts';

/** `followed`: somebody's pipeline that builds the same, or ours of an order that had not been seen. */
type Ordered =
	| {kind: 'started' | 'followed'; pipeline: Pipeline}
	| {kind: 'turned-down'; outcome: 'rejected' | 'filtered'; say: string; problem: Problem};

/**
 * Places an order, once: looks right before it for what builds the image already, and after a lost response for the pipeline that may
 * have come of it.
 * @throws OperatorError effect.unknown: the response was lost, and no pipeline was seen
 */
export function orderBuild(
	ci: Ci,
	order: PipelineOrder,
	image: ImageReference,
	context: ActionContext,
): Promise<Ordered> {
	return withOrderLock(ci, context, async mayOrder => {
		// The order before this one was not seen in its time: it may have come since.
		const late = await findLate(ci, order, context);
		if (late) {
			return {kind: 'followed', pipeline: late};
		}

		const settled = await settleBuild(ci, order, context);
		if (settled.kind === 'follow') {
			return {kind: 'followed', pipeline: await ci.pipeline(order.repository, settled.number, context)};
		}

		const problem =
			settled.kind === 'changed' ? rejection([settled]) : await tagsChanged(image, settled.writes, context);
		if (problem !== undefined) {
			return {kind: 'turned-down', outcome: 'rejected', say: problem.message, problem};
		}

		mayOrder();
		const answer = await triggerOnce(ci, order, context);
		return answer.state === 'created'
			? {kind: 'started', pipeline: answer.pipeline}
			: {kind: 'turned-down', outcome: answer.state, say: answer.detail, problem: rejection([answer])};
	});
}

function triggerOnce(ci: Ci, order: PipelineOrder, context: ActionContext): Promise<TriggerAnswer> {
	return foundIfLost<TriggerAnswer>(
		{
			place: () => ci.trigger(order, context),
			look: async () => {
				const pipeline = await ci.find(order, context);
				return pipeline && {state: 'created', pipeline};
			},
			patienceMs: ci.patience.lostReplyMs,
		},
		context,
	);
}
