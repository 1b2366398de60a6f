import {at, problem} from './lint-problem.ts';
import type {RunbookProblem} from './parser.ts';
import type {ActionDeclaration, Step} from './runbook.ts';

/** What an action wants of the step it stands in: its inputs, and a gate before every change. */
export function actionProblems(step: Step, known: ReadonlyMap<string, ActionDeclaration>): RunbookProblem[] {
	if (step.does.kind !== 'action') {
		return step.gate
			? [problem(at(step, 'gate'), 'needless-gate', `"${step.id}" changes nothing: it needs no gate.`)]
			: [];
	}

	const action = known.get(step.does.action);
	if (!action) {
		return [
			problem(
				at(step, 'action'),
				'unknown-action',
				`There is no action "${step.does.action}". Known: ${[...known.keys()].join(', ')}.`,
			),
		];
	}

	const unknown = Object.keys(step.with).filter(name => !Object.hasOwn(action.inputs, name));
	const missing = Object.keys(action.inputs).filter(
		name => action.inputs[name]!.required && !Object.hasOwn(step.with, name),
	);
	const problems = [
		...unknown.map(name =>
			problem(at(step, `with.${name}`), 'unknown-input', `${action.name} has no input "${name}".`),
		),
		...missing.map(name => problem(at(step, 'action'), 'missing-input', `${action.name} needs the input "${name}".`)),
	];

	if (action.effect !== 'read' && !step.gate) {
		problems.push(
			problem(at(step, 'action'), 'write-without-gate', `${action.name} changes something: "${step.id}" needs a gate.`),
		);
	}

	if (action.effect === 'destructive' && step.gate && !step.gate.typed) {
		problems.push(
			problem(at(step, 'gate'), 'gate-too-weak', `${action.name} cannot be undone: its gate must be typed.`),
		);
	}

	if (action.effect === 'read' && step.gate) {
		problems.push(problem(at(step, 'gate'), 'needless-gate', `${action.name} only reads: "${step.id}" needs no gate.`));
	}

	if (action.effect !== 'read' && step.retries > 0) {
		problems.push(
			problem(at(step, 'retry'), 'write-retried', `${action.name} changes something: it is never retried by itself.`),
		);
	}

	return problems;
}
