import type {PickedPipeline} from '../../domain/incident/inputs.ts';
import {type RestartRecords, readRestarts} from '../../domain/incident/restart-records.ts';
import type {Ci, TriggerAnswer} from '../ports/ci.ts';
import type {ActionContext} from './action.ts';
import {type PickedRun, weighRestart} from './ci-restart-plan.ts';
import {buildRepository} from './configured-ci.ts';
import {foundIfLost} from './lost-reply.ts';

export const withoutCi = 'Restart the pipelines in CI by hand, then skip this step.';

/** The pipelines of journals of version 0.1 have no repository. */
export function named({repository, number}: PickedPipeline, context: ActionContext): PickedRun {
	return {repository: repository ?? buildRepository(context, withoutCi), number};
}

type Refused = Exclude<TriggerAnswer, {state: 'created'}>;

type Restarting = {context: ActionContext; mayOrder(): void};
export type Records = Pick<RestartRecords, 'restarted' | 'rejected'>;

/** One after the other; what was settled before a crash stays so. */
export async function restartEach(
	ci: Ci,
	pipelines: readonly PickedPipeline[],
	restarting: Restarting,
): Promise<Records> {
	const {context} = restarting;
	const {restarted, rejected, doubtful, open} = standing(pipelines, context);
	for (const picked of [...doubtful, ...open]) {
		const {repository, number} = picked;
		// Requested before a crash: regmedic looks for the new pipeline instead of requesting a second one.
		const before = doubtful.includes(picked) ? await ci.restartOf(repository, number, context) : undefined;
		const answer = before ? {state: 'created' as const, pipeline: before} : await restartOnce(ci, picked, restarting);
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

	return {restarted, rejected};
}

/** Only what the gate showed, and only where it still does no harm. @throws OperatorError effect.unknown */
async function restartOnce(
	ci: Ci,
	picked: PickedRun,
	{context, mayOrder}: Restarting,
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

	mayOrder();
	await context.record('restarting', {repository, number}, `Restarting pipeline ${number} of ${repository}.`);
	return foundIfLost<TriggerAnswer>(
		{
			place: () => ci.restart(repository, number, context),
			look: async () => {
				const pipeline = await ci.restartOf(repository, number, context);
				return pipeline && {state: 'created', pipeline};
			},
			patienceMs: ci.patience.lostReplyMs,
		},
		context,
	);
}

/** How every ticked pipeline stands, by what was recorded. `doubtful`: a restart was requested, and no reply was seen. */
export function standing(pipelines: readonly PickedPipeline[], context: ActionContext) {
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
