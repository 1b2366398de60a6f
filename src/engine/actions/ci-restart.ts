import {OperatorError} from '../../domain/errors.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import {type OutputValues, type RestartRecords, readRestarts} from '../../domain/incident/outputs.ts';
import {count} from '../../domain/text/wording.ts';
import type {Ci} from '../ports/ci.ts';
import type {ActionContext, ActionNamed, ActionResult} from './action.ts';
import {lookForLost} from './follow.ts';
import {refusedOrUnreachable} from './outcomes.ts';
import {rejection} from './rejection.ts';

/** Restarts the pipelines that were ticked, each once. */
export const ciRestart: ActionNamed<'ci.restart'> = {
	name: 'ci.restart',
	parse: inputParser('ci.restart'),
	effect: 'write',
	sparesImage: true,
	inputs: {pipelines: {required: true, about: 'the pipelines that were ticked'}},
	outcomes: {
		restarted: 'every one was restarted',
		partly: 'CI rejected some of them',
		refused: 'CI refused the request',
		unreachable: 'CI does not respond',
	},
	provides: {restarted: 'number of the old and of the new pipeline'},
	bare: ['refused', 'unreachable'],
	success: ['restarted', 'partly'],
	outcomeOf: refusedOrUnreachable,

	async gate({pipelines}, context) {
		const {ci, repository} = configured(context);
		return {
			target: `${ci.place}: ${repository}`,
			changes: [{kind: 'restart-pipelines', repository, numbers: pipelines}],
			undo: 'Cancel them in CI.',
			phrase: `restart ${count(pipelines.length, 'pipeline')}`,
		};
	},

	async run({pipelines}, context) {
		const {ci, repository} = configured(context);
		const {restarted, rejected, doubtful, open} = standing(pipelines, context);

		for (const number of [...doubtful, ...open]) {
			// Requested before a crash: regmedic looks for the new pipeline instead of requesting a second one.
			const before = doubtful.includes(number) ? await ci.restartOf(repository, number, context) : undefined;
			if (!before) {
				await context.record('restarting', {number}, `Restarting pipeline ${number}.`);
			}

			const answer = before
				? {state: 'created' as const, pipeline: before}
				: await ci.restart(repository, number, context);
			if (answer.state === 'created') {
				const as = answer.pipeline.number;
				restarted.push({number, as});
				await context.record('restarted', {number, as}, `Pipeline ${number} runs again as ${as}.`);
			} else {
				const {detail} = answer;
				const hint = answer.state === 'rejected' ? answer.hint : '';
				rejected.push({number, detail, hint});
				await context.record(
					'not-restarted',
					{number, detail, hint},
					`CI did not restart ${number}: ${detail}${hint === '' ? '' : ` ${hint}`}`,
				);
			}
		}

		return endOf({restarted, rejected});
	},

	async reconcile({pipelines}, context) {
		const {ci, repository} = configured(context);
		const {clock} = context.ports;
		const {restarted, rejected, doubtful, open} = standing(pipelines, context);
		const left: number[] = [...open];

		for (const number of doubtful) {
			const found = await lookForLost(() => ci.restartOf(repository, number, context), clock, context);
			if (found) {
				restarted.push({number, as: found.number});
			} else {
				left.push(number);
			}
		}

		return left.length === 0
			? {kind: 'done', ...endOf({restarted, rejected})}
			: {kind: 'not-done', say: `Not restarted yet: ${left.join(', ')}.`};
	},
};

type Result = ActionResult<OutputValues<'ci.restart'>>;

/** How every ticked pipeline stands, by what was recorded. `doubtful`: a restart was requested, and no reply was seen. */
function standing(pipelines: readonly number[], {recorded}: ActionContext) {
	const {requested, restarted, rejected} = readRestarts(recorded);
	const isIn = (list: readonly {number: number}[], wanted: number) => list.some(({number}) => number === wanted);
	const unsettled = pipelines.filter(number => !isIn(restarted, number) && !isIn(rejected, number));
	return {
		restarted,
		rejected,
		doubtful: unsettled.filter(number => isIn(requested, number)),
		open: unsettled.filter(number => !isIn(requested, number)),
	};
}

function endOf({restarted, rejected}: Pick<RestartRecords, 'restarted' | 'rejected'>): Result {
	return {
		outcome: rejected.length === 0 ? 'restarted' : 'partly',
		output: {restarted},
		say: [
			`${count(restarted.length, 'pipeline')} restarted`,
			...rejected.map(({number, detail}) => `${number}: ${detail}`),
		].join('; '),
		...(rejected.length === 0 ? {} : {problem: rejection(rejected)}),
	};
}

/** @throws OperatorError ci.unconfigured */
function configured({ports: {ci}, settings: {pipeline}}: ActionContext): {ci: Ci; repository: string} {
	if (ci && pipeline) {
		return {ci, repository: pipeline.repository};
	}

	throw new OperatorError('ci.unconfigured', 'No CI is configured for this image.', {
		hint: 'Restart the pipelines in CI by hand, then skip this step.',
		exit: 'configuration',
	});
}
