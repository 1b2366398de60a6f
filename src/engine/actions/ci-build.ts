import {OperatorError} from '../../domain/errors.ts';
import type {Action, ActionContext} from './action.ts';
import {type BuildOrder, followPipeline, isFinal, outcomeOf, outputOf, sayEnd} from './follow-pipeline.ts';
import {lookForLate} from './late-reply.ts';
import {ciOutcome} from './outcomes.ts';

/** Triggers the image's pipeline once, and follows it to its end. */
export const ciBuild: Action = {
	name: 'ci.build',
	effect: 'write',
	inputs: {image: {required: true, about: 'the image reference'}},
	outcomes: {
		succeeded: 'the pipeline ended well',
		failed: 'the pipeline failed or was cancelled',
		filtered: 'the pipeline does not run on the event manual',
		rejected: 'CI did not take the order',
		late: 'the pipeline still waits or runs',
		unavailable: 'no pipeline is configured for this image',
		refused: 'CI refuses us',
		unreachable: 'CI does not answer',
	},
	provides: {number: 'the pipeline', url: 'its page', commit: 'what it built'},
	bare: ['filtered', 'rejected', 'unavailable', 'refused', 'unreachable'],
	success: ['succeeded'],
	outcomeOf: ciOutcome,

	async gate({image}, context) {
		const {ports, attach} = context;
		const order = orderOf(context);
		if (!ports.ci || !order) {
			throw new OperatorError('ci.unconfigured', `No pipeline is configured for ${image}.`, {
				hint: 'Choose another remedy, or configure woodpecker and images.….build.',
				exit: 'configuration',
			});
		}

		return {
			target: `${ports.ci.place}: ${order.repository}, branch ${order.branch}`,
			changes: attach
				? [`goes on following pipeline ${attach.number}; starts nothing`]
				: ['starts one manual pipeline', `which builds and pushes ${image}`],
			undo: 'Cancel the pipeline in CI. Once it has pushed, the tag names the new image.',
			phrase: `build ${order.repository}`,
		};
	},

	async run({image}, context) {
		const {ci} = context.ports;
		const order = orderOf(context);
		if (!ci || !order) {
			return {outcome: 'unavailable', output: {}, say: `No pipeline is configured for ${image}.`};
		}

		// What is under way already is never triggered again.
		if (context.attach) {
			return followPipeline(ci, order, Number(context.attach.number), context);
		}

		const answer = await ci.trigger(order, context);
		if (answer.state !== 'created') {
			return {outcome: answer.state, output: {}, say: answer.detail};
		}

		const {number, url} = answer.pipeline;
		await context.record(
			'pipeline',
			{number, url: url ?? null},
			`Pipeline ${number} of ${order.repository} was triggered.`,
		);
		return followPipeline(ci, order, number, context, answer.pipeline);
	},

	async reconcile(_inputs, context) {
		const {ci, clock} = context.ports;
		const order = orderOf(context);
		if (!ci || !order) {
			return {found: 'unknown', say: 'No CI is configured any more.'};
		}

		const found = await lookForLate(() => ci.find(order, context), clock, context);
		if (!found) {
			return {found: 'not-done', say: 'No pipeline carries our request: it was not triggered.'};
		}

		return isFinal(found)
			? {found: 'done', outcome: outcomeOf(found, order), output: outputOf(found), say: sayEnd(found, order)}
			: {
					found: 'running',
					output: outputOf(found),
					say: `Pipeline ${found.number} carries our request and is under way.`,
				};
	},
};

function orderOf({settings: {repository, branch}, request}: ActionContext): BuildOrder | undefined {
	return typeof repository === 'string' && typeof branch === 'string'
		? {repository, branch, requestId: request}
		: undefined;
}
