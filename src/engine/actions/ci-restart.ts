import {OperatorError} from '../../domain/errors.ts';
import {isObject, type JsonObject} from '../../domain/json.ts';
import {count} from '../../domain/text/wording.ts';
import type {Action, ActionContext} from './action.ts';
import {lookForLate} from './late-reply.ts';
import {ciOutcome} from './outcomes.ts';

/** Restarts the pipelines that were ticked, each once. */
export const ciRestart: Action = {
	name: 'ci.restart',
	effect: 'write',
	sparesImage: true,
	inputs: {pipelines: {required: true, about: 'the pipelines that were ticked'}},
	outcomes: {
		restarted: 'every one was restarted',
		partly: 'CI did not take some of them',
		refused: 'CI refuses us',
		unreachable: 'CI does not answer',
	},
	provides: {restarted: 'number of the old and of the new pipeline'},
	bare: ['refused', 'unreachable'],
	success: ['restarted', 'partly'],
	outcomeOf: ciOutcome,

	async gate({pipelines}, {settings, ports}) {
		if (!ports.ci) {
			throw unconfigured();
		}

		const numbers = numbersOf(pipelines);
		return {
			target: `${ports.ci.place}: ${settings.repository}`,
			changes:
				numbers.length === 0
					? ['restarts nothing: none was ticked']
					: [`restarts ${count(numbers.length, 'pipeline')}: ${numbers.join(', ')}`],
			undo: 'Cancel them in CI.',
			phrase: `restart ${count(numbers.length, 'pipeline')}`,
		};
	},

	async run({pipelines}, context) {
		const {ci} = context.ports;
		if (!ci) {
			throw unconfigured();
		}

		const repository = String(context.settings.repository);
		const {restarted, refused, doubtful, open} = standing(pipelines, context);

		for (const number of [...doubtful, ...open]) {
			// Begun before a crash: it is looked for, not asked for again.
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
				refused.push({number, detail: answer.detail});
				await context.record(
					'not-restarted',
					{number, detail: answer.detail},
					`CI did not restart ${number}: ${answer.detail}`,
				);
			}
		}

		return endOf(restarted, refused);
	},

	async reconcile({pipelines}, context) {
		const {ci, clock} = context.ports;
		if (!ci) {
			throw unconfigured();
		}

		const repository = String(context.settings.repository);
		const {restarted, refused, doubtful, open} = standing(pipelines, context);
		const left: number[] = [...open];

		for (const number of doubtful) {
			const found = await lookForLate(() => ci.restartOf(repository, number, context), clock, context);
			if (found) {
				restarted.push({number, as: found.number});
			} else {
				left.push(number);
			}
		}

		return left.length === 0
			? {found: 'done', ...endOf(restarted, refused)}
			: {found: 'not-done', say: `Not restarted yet: ${left.join(', ')}.`};
	},
};

/** How it stands with every pipeline that was ticked, by what was recorded. `doubtful`: asked for, and no answer was seen. */
function standing(pipelines: JsonObject[string] | undefined, context: ActionContext) {
	const restarted = recorded(context, 'restarted');
	const refused = recorded(context, 'not-restarted');
	const begun = recorded(context, 'restarting');
	const isIn = (list: JsonObject[], number: number) => list.some(detail => detail.number === number);
	const unsettled = numbersOf(pipelines).filter(number => !isIn(restarted, number) && !isIn(refused, number));
	return {
		restarted,
		refused,
		doubtful: unsettled.filter(number => isIn(begun, number)),
		open: unsettled.filter(number => !isIn(begun, number)),
	};
}

function endOf(restarted: JsonObject[], refused: JsonObject[]) {
	return {
		outcome: refused.length === 0 ? 'restarted' : 'partly',
		output: {restarted},
		say: [
			`${count(restarted.length, 'pipeline')} restarted`,
			...refused.map(({number, detail}) => `${number}: ${detail}`),
		].join('; '),
	};
}

function unconfigured(): OperatorError {
	return new OperatorError('ci.unconfigured', 'No CI is configured for this image.', {
		hint: 'Restart the pipelines in CI by hand, then skip this step.',
		exit: 'configuration',
	});
}

function recorded(context: ActionContext, name: string): JsonObject[] {
	return context.recorded.filter(entry => entry.name === name).map(({detail}) => detail);
}

function numbersOf(pipelines: JsonObject[string] | undefined): number[] {
	const ticked = Array.isArray(pipelines) ? pipelines : [];
	const numbers = ticked.map(each => (isObject(each) ? each.number : each));
	return [...new Set(numbers)].filter((each): each is number => Number.isInteger(each) && Number(each) > 0);
}
