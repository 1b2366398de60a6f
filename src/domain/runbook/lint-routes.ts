import {remedyOptions} from '../remedy/remedy.ts';
import {at, problem} from './lint-problem.ts';
import type {RunbookProblem} from './parser.ts';
import {type ActionDeclaration, findStep, isStop, personOutcomes, type Runbook, type Step} from './runbook.ts';

/** The outcomes a step can have, by its kind. */
export function outcomesOf(
	step: Step,
	actions: ReadonlyMap<string, ActionDeclaration>,
): {required: string[]; allowed: string[]} {
	const {does} = step;
	switch (does.kind) {
		case 'action': {
			const all = Object.keys(actions.get(does.action)?.outcomes ?? {});
			return {required: all, allowed: all};
		}

		case 'choose': {
			const listed = Object.keys(does.options);
			// A runbook offers the remedies it has steps for; the others are not shown.
			return {required: listed, allowed: does.weigh === undefined ? listed : [...listed, ...remedyOptions]};
		}

		default: {
			const all = [...personOutcomes[does.kind]];
			return {required: all, allowed: canTickNothing(step) ? [...all, 'none'] : all};
		}
	}
}

/** Every outcome leads somewhere that exists, and nothing else is routed. */
export function routeProblems(
	step: Step,
	runbook: Runbook,
	known: ReadonlyMap<string, ActionDeclaration>,
): RunbookProblem[] {
	if (step.does.kind === 'action' && !known.has(step.does.action)) {
		return [];
	}

	const {required, allowed} = outcomesOf(step, known);
	const routed = Object.keys(step.outcomes);
	return [
		...required
			.filter(outcome => !routed.includes(outcome))
			.map(outcome =>
				problem(at(step, 'outcomes'), 'unrouted-outcome', `"${step.id}" does not say what follows "${outcome}".`),
			),
		...routed
			.filter(outcome => !allowed.includes(outcome))
			.map(outcome =>
				problem(
					at(step, `outcomes.${outcome}`),
					'unknown-outcome',
					`"${step.id}" never ends with "${outcome}". It can: ${allowed.join(', ')}.`,
				),
			),
		...routed.flatMap(outcome => {
			const route = step.outcomes[outcome]!;
			return isStop(route) || findStep(runbook, route.to)
				? []
				: [
						problem(
							at(step, `outcomes.${outcome}`),
							'unknown-step',
							`"${outcome}" leads to "${route.to}", which is not a step.`,
						),
					];
		}),
		...(routed.length === 0 ? [problem(at(step, 'outcomes'), 'unrouted-outcome', `"${step.id}" leads nowhere.`)] : []),
	];
}

/** Only lists to tick: then nothing may be ticked at all, and that may lead elsewhere. */
function canTickNothing({does}: Step): boolean {
	return does.kind === 'ask' && Object.values(does.questions).every(({type}) => type === 'tick');
}
