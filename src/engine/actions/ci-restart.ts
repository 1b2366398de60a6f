import {OperatorError} from '../../domain/errors.ts';
import {isObject, type JsonObject} from '../../domain/json.ts';
import {count} from '../../domain/wording.ts';
import type {Action, ActionContext} from '../action.ts';
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
		const already = new Set(recorded(context, 'restarted'));
		const refused: string[] = [];
		const restarted = context.recorded.filter(({name}) => name === 'restarted').map(({detail}) => detail);

		for (const number of numbersOf(pipelines).filter(each => !already.has(each))) {
			await context.record('restarting', {number}, `Restarting pipeline ${number}.`);
			const answer = await ci.restart(repository, number, context);
			if (answer.state === 'created') {
				restarted.push({number, as: answer.pipeline.number});
				await context.record(
					'restarted',
					{number, as: answer.pipeline.number},
					`Pipeline ${number} runs again as ${answer.pipeline.number}.`,
				);
			} else {
				refused.push(`${number}: ${answer.detail}`);
				await context.record('not-restarted', {number}, `CI did not restart ${number}: ${answer.detail}`);
			}
		}

		return {
			outcome: refused.length === 0 ? 'restarted' : 'partly',
			output: {restarted},
			say: [`${count(restarted.length, 'pipeline')} restarted`, ...refused].join('; '),
		};
	},

	async reconcile({pipelines}, context) {
		const settled = new Set([...recorded(context, 'restarted'), ...recorded(context, 'not-restarted')]);
		const doubtful = recorded(context, 'restarting').filter(number => !settled.has(number));
		if (doubtful.length > 0) {
			return {
				found: 'unknown',
				say: `Pipeline ${doubtful.join(', ')} may have been restarted: look at it in CI, then say by hand.`,
			};
		}

		const open = numbersOf(pipelines).filter(number => !settled.has(number));
		return open.length === 0
			? {
					found: 'done',
					outcome: recorded(context, 'not-restarted').length === 0 ? 'restarted' : 'partly',
					output: {restarted: context.recorded.filter(({name}) => name === 'restarted').map(({detail}) => detail)},
					say: 'CI has answered for every one of them.',
				}
			: {found: 'not-done', say: `Not restarted yet: ${open.join(', ')}.`};
	},
};

function unconfigured(): OperatorError {
	return new OperatorError('ci.unconfigured', 'No CI is configured for this image.', {
		hint: 'Restart the pipelines in CI by hand, then skip this step.',
		exit: 'configuration',
	});
}

function recorded(context: ActionContext, name: string): number[] {
	return context.recorded.filter(entry => entry.name === name).map(({detail}) => Number(detail.number));
}

function numbersOf(pipelines: JsonObject[string] | undefined): number[] {
	const ticked = Array.isArray(pipelines) ? pipelines : [];
	const numbers = ticked.map(each => (isObject(each) ? each.number : each));
	return [...new Set(numbers)].filter((each): each is number => Number.isInteger(each) && Number(each) > 0);
}
