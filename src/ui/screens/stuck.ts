import {drawProblem} from '../draw/results/result.ts';
import {box} from './choose.ts';
import type {Screen} from './screen.ts';

/** A surprise where the runbook has no step to decide in. */
export const stuckScreen: Screen<'stuck'> = {
	places: ['stuck'],
	draw({visit, problem}, _state, {pen, width}) {
		return {
			title: `${visit?.title ?? 'The runbook'} ${pen.glyphs.dot} cannot go on`,
			rows: [
				...(problem ? [...box(drawProblem(problem, pen, width - 4), pen, width), []] : []),
				...pen.wrap('try it again', width, 'plain', pen.row([' r  ', 'strong'])),
				...pen.wrap('go on as if it had ended in one of its outcomes', width, 'plain', pen.row([' s  ', 'strong'])),
				...pen.wrap('it was done by hand: say what came of it', width, 'plain', pen.row([' h  ', 'strong'])),
			],
		};
	},
	next: () => 'The runbook has no answer to this: try again, skip, or say what was done by hand.',
	act({visit}, state, intent) {
		return intent === 'ask-again' && visit
			? [state, [{do: 'say', happening: {type: 'step.retried', step: visit.step, attempt: visit.attempt}}]]
			: undefined;
	},
};
