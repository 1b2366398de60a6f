import type {Change} from '../../domain/incident/change.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import type {OutputValues} from '../../domain/incident/outputs.ts';
import type {Pipeline} from '../../domain/pipeline/pipeline.ts';
import {sayEnd} from '../../domain/pipeline/say-end.ts';
import {whyEnded} from '../../domain/pipeline/why-ended.ts';
import {count} from '../../domain/text/wording.ts';
import type {ActionNamed, ActionResult} from './action.ts';
import {named, type Records, restartEach, standing, withoutCi} from './ci-restart-each.ts';
import {type PickedRun, plannedRestart} from './ci-restart-plan.ts';
import {configuredCi} from './configured-ci.ts';
import {followRestarts} from './follow-restarts.ts';
import {findLost} from './lost-reply.ts';
import {withOrderLock} from './order-lock.ts';
import {refusedOrUnreachable} from './outcomes.ts';
import {rejection} from './rejection.ts';

/** Restarts the pipelines that were ticked, each once, and follows them to their end. */
export const ciRestart: ActionNamed<'ci.restart'> = {
	name: 'ci.restart',
	parse: inputParser('ci.restart'),
	effect: 'write',
	sparesImage: true,
	hasOwnLog: true,
	inputs: {pipelines: {required: true, about: 'the pipelines that were ticked'}},
	outcomes: {
		restarted: 'every one was restarted',
		partly: 'some were not restarted: CI rejected them, or a restart would do harm',
		refused: 'CI refused the request',
		unreachable: 'CI does not respond',
	},
	provides: {restarted: 'of each: repository, number of the old and of the new pipeline, and how that ended'},
	bare: ['refused', 'unreachable'],
	success: ['restarted', 'partly'],
	outcomeOf: refusedOrUnreachable,

	async gate({pipelines}, context) {
		const ci = configuredCi(context, withoutCi);
		const changes: Change[] = [];
		for (const picked of pipelines) {
			changes.push(await plannedRestart(ci, named(picked, context), context));
		}

		const restarts = changes.filter(({kind}) => kind === 'restart-pipeline').length;
		return {
			target: [ci.place, ...new Set(pipelines.map(picked => named(picked, context).repository))].join(', '),
			changes:
				changes.length === 0
					? [{kind: 'restart-pipelines', repository: context.settings.pipeline?.repository ?? '', numbers: []}]
					: changes,
			undo: 'Cancel them in CI. What a deployment has deployed stays.',
			phrase: `restart ${count(restarts, 'pipeline')}`,
		};
	},

	async run({pipelines}, context) {
		const ci = configuredCi(context, withoutCi);
		const records = await withOrderLock(ci, context, mayOrder => restartEach(ci, pipelines, {context, mayOrder}));
		return endOf(records, await followRestarts(ci, records.restarted, context));
	},

	async reconcile({pipelines}, context) {
		const ci = configuredCi(context, withoutCi);
		const {restarted, doubtful, open} = standing(pipelines, context);
		const left: PickedRun[] = [...open];

		for (const picked of doubtful) {
			const look = () => ci.restartOf(picked.repository, picked.number, context);
			const found = await findLost(look, ci.patience.lostReplyMs, context);
			if (found) {
				restarted.push({...picked, as: found.number});
			} else {
				left.push(picked);
			}
		}

		return left.length === 0
			? {
					kind: 'running',
					output: {restarted: restarted.map(each => ({...each, result: null}))},
					say: `Every restart was requested: ${restarted.map(({as}) => as).join(', ')}.`,
				}
			: {kind: 'not-done', say: `Not seen restarted so far: ${left.map(({number}) => number).join(', ')}.`};
	},
};

type Result = ActionResult<OutputValues<'ci.restart'>>;

function endOf({restarted, rejected}: Records, ends: ReadonlyMap<string, Pipeline>): Result {
	const results = restarted.map(each => {
		const pipeline = ends.get(`${each.repository} ${each.as}`);
		return {...each, result: pipeline === undefined ? null : sayEnd(pipeline, whyEnded(pipeline))};
	});
	const open = results.filter(({result}) => result === null).map(({as}) => as);
	return {
		outcome: rejected.length === 0 ? 'restarted' : 'partly',
		output: {restarted: results},
		say: [
			`${count(restarted.length, 'pipeline')} restarted.`,
			...results.flatMap(({result}) => result ?? []),
			...(open.length === 0 ? [] : [`Still running in CI: ${open.join(', ')}.`]),
			...rejected.map(({number, detail}) => `Pipeline ${number} was not restarted: ${detail}`),
		].join(' '),
		...(rejected.length === 0 ? {} : {problem: rejection(rejected)}),
	};
}
