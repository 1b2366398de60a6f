import {type LocatedProblem, problemAt} from '../yaml/located-yaml.ts';
import {type Edge, valuesAlwaysThere} from './paths.ts';
import {type ActionDeclaration, findStep, leave, positionOf, type Runbook, type Step} from './runbook.ts';

/** Every remedy of a plan is a change that an action makes, with the inputs that the action needs. */
export function remedyProblems(step: Step, known: ReadonlyMap<string, ActionDeclaration>): LocatedProblem[] {
	const {does} = step;
	if (does.kind !== 'plan') {
		return [];
	}

	const none =
		Object.keys(does.remedies).length === 0
			? [problemAt(positionOf(step, 'plan'), 'no-remedy', `"${step.id}" offers no remedy.`)]
			: [];
	const wrong = Object.entries(does.remedies).flatMap(([name, remedy]) => {
		const action = known.get(remedy.action);
		const at = (code: string, message: string) => problemAt(positionOf(step, `plan.${name}`), code, message);
		if (name === leave) {
			return [at('remedy-leave', `Every row can be left: "${leave}" is no remedy of your own.`)];
		}

		if (!action) {
			return [
				at('unknown-action', `There is no action "${remedy.action}". The actions are ${[...known.keys()].join(', ')}.`),
			];
		}

		if (action.effect === 'read') {
			return [at('remedy-reads', `${action.name} changes nothing: it cannot be the remedy "${name}".`)];
		}

		return [
			...Object.keys(remedy.with)
				.filter(input => !Object.hasOwn(action.inputs, input))
				.map(input => at('unknown-input', `${action.name} has no input "${input}".`)),
			...Object.entries(action.inputs)
				.filter(([input, {required}]) => required && !Object.hasOwn(remedy.with, input))
				.map(([input]) => at('missing-input', `${action.name} needs the input "${input}".`)),
		];
	});
	return [...none, ...wrong];
}

/** A plan changes nothing, and an apply has its one gate by itself: the page writes none for either. */
export function gateOfPlanProblems(step: Step): LocatedProblem[] {
	const {gate, retry} = step.positions;
	return [
		...(gate
			? [
					problemAt(
						gate,
						'needless-gate',
						step.does.kind === 'apply'
							? `"${step.id}" has its gate by itself: leave "gate" out.`
							: `"${step.id}" changes nothing: it needs no gate.`,
					),
				]
			: []),
		...(retry && step.retries > 0
			? [problemAt(retry, 'write-retried', `An item of "${step.id}" is never retried by itself.`)]
			: []),
	];
}

/** An apply carries out a plan that a person has settled on every path to it. */
export function applyProblems(runbook: Runbook, edges: readonly Edge[]): LocatedProblem[] {
	const settled = valuesAlwaysThere(runbook, edges);
	return runbook.steps.flatMap(step => {
		const {does} = step;
		if (does.kind !== 'apply') {
			return [];
		}

		const at = (code: string, message: string) => [problemAt(positionOf(step, 'apply'), code, message)];
		if (findStep(runbook, does.plan)?.does.kind !== 'plan') {
			return at('unknown-plan', `The page has no plan step "${does.plan}".`);
		}

		return settled.get(step.id)!.has(does.plan)
			? []
			: at('apply-without-plan', `The plan "${does.plan}" may not have been settled before "${step.id}".`);
	});
}
