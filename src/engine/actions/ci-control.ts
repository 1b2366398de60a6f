import {OperatorError} from '../../domain/errors.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import {isOver, type Pipeline} from '../../domain/pipeline/pipeline.ts';
import {sayEvent} from '../../domain/pipeline/restartable.ts';
import type {Ci} from '../ports/ci.ts';
import type {ActionContext, ActionNamed} from './action.ts';
import {buildRepository, configuredCi} from './configured-ci.ts';
import {refusedOrUnreachable} from './outcomes.ts';

const withoutCi = 'Do it on the web page of the CI.';

type Control = 'cancel' | 'approve';

/** Cancels the pipeline that does not end. Its agent may go on for a moment. */
export const ciCancel = controlAction('ci.cancel', {
	verb: 'cancel',
	done: 'cancelled',
	undo: 'Build again. What the pipeline has pushed stays.',
	isDone: pipeline => isOver(pipeline) || pipeline.status === 'killed',
});

/** Approves the pipeline that waits for it. */
export const ciApprove = controlAction('ci.approve', {
	verb: 'approve',
	done: 'approved',
	undo: 'Cancel the pipeline in CI.',
	isDone: pipeline => pipeline.status !== 'blocked',
});

function controlAction<Name extends 'ci.cancel' | 'ci.approve'>(
	name: Name,
	{
		verb,
		done,
		undo,
		isDone,
	}: {verb: Control; done: 'cancelled' | 'approved'; undo: string; isDone(pipeline: Pipeline): boolean},
): ActionNamed<Name> {
	const parse = inputParser(name);
	return {
		name,
		parse,
		effect: 'write',
		sparesImage: true,
		hasOwnLog: true,
		inputs: {pipeline: {required: true, about: 'the number of the pipeline'}},
		outcomes: {
			[done]: `the pipeline was ${done}`,
			rejected: 'CI rejected the request',
			refused: 'CI refused the request',
			unreachable: 'CI does not respond',
		},
		provides: {},
		success: [done],
		outcomeOf: error => (error.code === 'ci.rejected' ? 'rejected' : refusedOrUnreachable(error)),

		async gate({pipeline: number}, context) {
			const {ci, repository} = place(context);
			const wanted = numberIn(number);
			// A bad token reads as a guest, and would be refused only after the approval.
			await ci.access(repository, context);
			const pipeline = await ci.pipeline(repository, wanted, context);
			return {
				target: `${ci.place}: ${repository}`,
				changes: [
					{
						kind: verb === 'cancel' ? 'cancel-pipeline' : 'approve-pipeline',
						repository,
						number: pipeline.number,
						event: `${sayEvent(pipeline)}, by ${pipeline.author}, ${pipeline.status}`,
					},
				],
				undo,
				phrase: `${verb} ${pipeline.number}`,
			};
		},

		async run({pipeline: number}, context) {
			const {ci, repository} = place(context);
			await ci[verb](repository, numberIn(number), context);
			return {outcome: done, output: {}, say: `Pipeline ${number} was ${done}.`};
		},

		async reconcile({pipeline: number}, context) {
			const {ci, repository} = place(context);
			const pipeline = await ci.pipeline(repository, numberIn(number), context);
			return isDone(pipeline)
				? {kind: 'done', outcome: done, output: {}, say: `Pipeline ${number} is ${pipeline.status}.`}
				: {kind: 'not-done', say: `Pipeline ${number} is ${pipeline.status}.`};
		},
	} as ActionNamed<Name>;
}

/** @throws OperatorError ci.unconfigured */
function place(context: ActionContext): {ci: Ci; repository: string} {
	return {ci: configuredCi(context, withoutCi), repository: buildRepository(context, withoutCi)};
}

/** @throws OperatorError ci.pipeline-unknown */
function numberIn(number: number | null | undefined): number {
	if (number) {
		return number;
	}

	throw new OperatorError('ci.pipeline-unknown', 'It is not known which pipeline is meant.', {
		hint: 'Do it on the web page of the CI.',
		exit: 'failed',
	});
}
