import {drawProblem} from '../draw/results/result.ts';
import {box} from './choose.ts';
import type {Screen} from './screen.ts';

/** A step failed, and the runbook has no step to decide in. */
export const stuckScreen: Screen<'stuck'> = {
	scopes: ['stuck'],
	draw({visit, problem}, _state, {format, width}) {
		return {
			title: `${visit?.title ?? 'The runbook'} ${format.glyphs.dot} cannot continue`,
			rows: [
				...(problem ? [...box(drawProblem(problem, format, width - 4), format, width), []] : []),
				...format.wrap('retry it', width, 'plain', format.row([' r  ', 'strong'])),
				...format.wrap(
					'skip it: continue as if it had ended with one of its outcomes',
					width,
					'plain',
					format.row([' s  ', 'strong']),
				),
				...format.wrap('it was done by hand: record the outcome', width, 'plain', format.row([' h  ', 'strong'])),
			],
		};
	},
	next: () => 'The runbook does not say what to do next: retry, skip, or do it by hand.',
	act({visit}, state, intent) {
		return intent === 'ask-again' && visit
			? [state, [{kind: 'send', event: {type: 'step.retried', step: visit.step, attempt: visit.attempt}}]]
			: undefined;
	},
};
