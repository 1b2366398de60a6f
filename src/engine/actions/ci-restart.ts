import type {Change} from '../../domain/incident/change.ts';
import {inputParser, type PickedPipeline} from '../../domain/incident/inputs.ts';
import {type OutputValues, type RestartRecords, readRestarts} from '../../domain/incident/outputs.ts';
import type {Pipeline} from '../../domain/pipeline/pipeline.ts';
import {sayEnd} from '../../domain/pipeline/say-end.ts';
import {whyEnded} from '../../domain/pipeline/why-ended.ts';
import {count} from '../../domain/text/wording.ts';
import type {Ci, TriggerAnswer} from '../ports/ci.ts';
import type {ActionContext, ActionNamed, ActionResult} from './action.ts';
import {type PickedRun, plannedRestart, weighRestart} from './ci-restart-plan.ts';
import {buildRepository, configuredCi} from './configured-ci.ts';
import {lookForLost} from './follow.ts';
import {followRestarts} from './follow-restarts.ts';
import {refusedOrUnreachable} from './outcomes.ts';
import {rejection} from './rejection.ts';

const withoutCi = 'Restart the pipelines in CI by hand, then skip this step.';

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
		const {restarted, rejected, doubtful, open} = standing(pipelines, context);

		for (const picked of [...doubtful, ...open]) {
			const {repository, number} = picked;
			// Requested before a crash: regmedic looks for the new pipeline instead of requesting a second one.
			const before = doubtful.includes(picked) ? await ci.restartOf(repository, number, context) : undefined;
			const answer = before ? {state: 'created' as const, pipeline: before} : await restartOnce(ci, picked, context);
			if (answer.state === 'created') {
				const as = answer.pipeline.number;
				restarted.push({repository, number, as});
				await context.record(
					'restarted',
					{repository, number, as},
					`Pipeline ${number} of ${repository} runs again as ${as}.`,
				);
			} else {
				const {detail, hint} = answer;
				rejected.push({repository, number, detail, hint});
				await context.record(
					'not-restarted',
					{repository, number, detail, hint},
					`Pipeline ${number} of ${repository} was not restarted: ${detail} ${hint}`,
				);
			}
		}

		return endOf({restarted, rejected}, await followRestarts(ci, restarted, context));
	},

	async reconcile({pipelines}, context) {
		const ci = configuredCi(context, withoutCi);
		const {restarted, doubtful, open} = standing(pipelines, context);
		const left: PickedRun[] = [...open];

		for (const picked of doubtful) {
			const look = () => ci.restartOf(picked.repository, picked.number, context);
			const found = await lookForLost(look, ci.patience.lostReplyMs, context);
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

/** The pipelines of journals of version 0.1 have no repository. */
function named({repository, number}: PickedPipeline, context: ActionContext): PickedRun {
	return {repository: repository ?? buildRepository(context, withoutCi), number};
}

type Refused = Exclude<TriggerAnswer, {state: 'created'}>;

/** Only what the gate showed, and only where it still does no harm. */
async function restartOnce(
	ci: Ci,
	picked: PickedRun,
	context: ActionContext,
): Promise<Extract<TriggerAnswer, {state: 'created'}> | Refused> {
	const {repository, number} = picked;
	const shown = context.approved.find(
		change => change.kind === 'restart-pipeline' && change.repository === repository && change.number === number,
	);
	const weighed = await weighRestart(ci, picked, context);
	if (weighed.obstacle) {
		return {state: 'rejected', ...weighed.obstacle};
	}

	const {cancels} = weighed;
	const told = shown?.kind === 'restart-pipeline' ? (shown.cancels ?? []) : [];
	const untold = cancels.find(each => !told.some(text => text.startsWith(`${each.number} `)));
	if (untold) {
		return {
			state: 'rejected',
			detail: `It would cancel pipeline ${untold.number}, which the gate did not show.`,
			hint: 'Restart it when that one has ended.',
		};
	}

	await context.record('restarting', {repository, number}, `Restarting pipeline ${number} of ${repository}.`);
	return ci.restart(repository, number, context);
}

type Result = ActionResult<OutputValues<'ci.restart'>>;

/** How every ticked pipeline stands, by what was recorded. `doubtful`: a restart was requested, and no reply was seen. */
function standing(pipelines: readonly PickedPipeline[], context: ActionContext) {
	const {requested, restarted, rejected} = readRestarts(context.recorded, context.settings.pipeline?.repository ?? '');
	const isIn = (list: readonly PickedRun[], wanted: PickedRun) =>
		list.some(({number, repository}) => number === wanted.number && repository === wanted.repository);
	const unsettled = pipelines
		.map(picked => named(picked, context))
		.filter(picked => !isIn(restarted, picked) && !isIn(rejected, picked));
	return {
		restarted,
		rejected,
		doubtful: unsettled.filter(picked => isIn(requested, picked)),
		open: unsettled.filter(picked => !isIn(requested, picked)),
	};
}

function endOf(
	{restarted, rejected}: Pick<RestartRecords, 'restarted' | 'rejected'>,
	ends: ReadonlyMap<string, Pipeline>,
): Result {
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
