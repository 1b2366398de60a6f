import {remedyOptions} from '../remedy/remedy.ts';
import {type LocatedProblem, problemAt} from '../yaml/located-yaml.ts';
import {loopProblems, proofProblems, reachProblems, valueProblems} from './lint-paths.ts';
import {applyProblems, gateOfPlanProblems, remedyProblems} from './lint-plan.ts';
import {questionProblems} from './lint-questions.ts';
import {edgesOf} from './paths.ts';
import {
	type ActionDeclaration,
	findStep,
	isStop,
	needsPerson,
	personOutcomes,
	positionOf,
	type Runbook,
	type Step,
} from './runbook.ts';

/** The problems of a runbook, with their positions in the page. Without problems, the runbook may run. */
export function lintRunbook(runbook: Runbook, actions: readonly ActionDeclaration[]): LocatedProblem[] {
	const known = new Map(actions.map(action => [action.name, action]));
	const problems = [
		...headProblems(runbook),
		...runbook.steps.flatMap(step => [
			...actionProblems(step, known),
			...remedyProblems(step, known),
			...questionProblems(step),
			...routeProblems(step, runbook, known),
		]),
	];

	// Paths can only be followed where all routes lead to a step.
	if (problems.length === 0) {
		const edges = edgesOf(runbook, known);
		problems.push(
			...reachProblems(runbook, edges),
			...loopProblems(runbook, edges),
			...valueProblems(runbook, edges, known),
			...applyProblems(runbook, edges),
			...proofProblems(runbook, edges, known),
		);
	}

	return problems.sort((a, b) => a.line - b.line || a.column - b.column);
}

function headProblems(runbook: Runbook): LocatedProblem[] {
	const problems = (['start', 'decide', 'hold'] as const).flatMap(key => {
		const id = runbook[key];
		return id === undefined || findStep(runbook, id)
			? []
			: [
					problemAt(
						runbook.positions?.[key] ?? {line: 1, column: 1},
						'unknown-step',
						`The page has no step "${id}", which the front matter names.`,
					),
				];
	});
	const decide = runbook.decide === undefined ? undefined : findStep(runbook, runbook.decide);
	return decide === undefined || needsPerson(decide)
		? problems
		: [
				...problems,
				problemAt(
					decide.position,
					'decide-without-person',
					`Surprises lead to "${decide.id}", but no person decides in that step.`,
				),
			];
}

/** What an action requires of its step: its inputs, and a gate before every change. */
function actionProblems(step: Step, known: ReadonlyMap<string, ActionDeclaration>): LocatedProblem[] {
	if (step.does.kind === 'plan' || step.does.kind === 'apply') {
		return gateOfPlanProblems(step);
	}

	if (step.does.kind !== 'action') {
		return step.gate
			? [problemAt(positionOf(step, 'gate'), 'needless-gate', `"${step.id}" changes nothing: it needs no gate.`)]
			: [];
	}

	const action = known.get(step.does.action);
	if (!action) {
		return [
			problemAt(
				positionOf(step, 'action'),
				'unknown-action',
				`There is no action "${step.does.action}". The actions are ${[...known.keys()].join(', ')}.`,
			),
		];
	}

	const unknown = Object.keys(step.with).filter(name => !Object.hasOwn(action.inputs, name));
	const missing = Object.keys(action.inputs).filter(
		name => action.inputs[name]!.required && !Object.hasOwn(step.with, name),
	);
	const problems = [
		...unknown.map(name =>
			problemAt(positionOf(step, `with.${name}`), 'unknown-input', `${action.name} has no input "${name}".`),
		),
		...missing.map(name =>
			problemAt(positionOf(step, 'action'), 'missing-input', `${action.name} needs the input "${name}".`),
		),
	];

	if (action.effect !== 'read' && !step.gate) {
		problems.push(
			problemAt(
				positionOf(step, 'action'),
				'write-without-gate',
				`${action.name} changes something: "${step.id}" needs a gate.`,
			),
		);
	}

	if (action.effect === 'destructive' && step.gate && !step.gate.typed) {
		problems.push(
			problemAt(positionOf(step, 'gate'), 'gate-too-weak', `${action.name} cannot be undone: its gate must be typed.`),
		);
	}

	if (action.effect === 'read' && step.gate) {
		problems.push(
			problemAt(positionOf(step, 'gate'), 'needless-gate', `${action.name} only reads: "${step.id}" needs no gate.`),
		);
	}

	if (action.effect !== 'read' && step.retries > 0) {
		problems.push(
			problemAt(
				positionOf(step, 'retry'),
				'write-retried',
				`${action.name} changes something: it is never retried by itself.`,
			),
		);
	}

	return problems;
}

/** The outcomes that a step can have. */
function outcomesOf(
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
			// A runbook need not have a step for every remedy: a remedy without a route is not offered.
			return {required: listed, allowed: does.weigh === undefined ? listed : [...listed, ...remedyOptions]};
		}

		default: {
			const all = [...personOutcomes[does.kind]];
			return {required: all, allowed: canTickNothing(step) ? [...all, 'none'] : all};
		}
	}
}

/** Every outcome has a route to an existing step, and nothing else is routed. */
function routeProblems(step: Step, runbook: Runbook, known: ReadonlyMap<string, ActionDeclaration>): LocatedProblem[] {
	if (step.does.kind === 'action' && !known.has(step.does.action)) {
		return [];
	}

	const {required, allowed} = outcomesOf(step, known);
	const routed = Object.keys(step.outcomes);
	return [
		...required
			.filter(outcome => !routed.includes(outcome))
			.map(outcome =>
				problemAt(
					positionOf(step, 'outcomes'),
					'unrouted-outcome',
					`"${step.id}" has no route for the outcome "${outcome}".`,
				),
			),
		...routed
			.filter(outcome => !allowed.includes(outcome))
			.map(outcome =>
				problemAt(
					positionOf(step, `outcomes.${outcome}`),
					'unknown-outcome',
					`"${step.id}" cannot end with "${outcome}". Its outcomes are ${allowed.join(', ')}.`,
				),
			),
		...routed.flatMap(outcome => {
			const route = step.outcomes[outcome]!;
			return isStop(route) || findStep(runbook, route.to)
				? []
				: [
						problemAt(
							positionOf(step, `outcomes.${outcome}`),
							'unknown-step',
							`"${outcome}" leads to "${route.to}", which is not a step.`,
						),
					];
		}),
		...(routed.length === 0
			? [problemAt(positionOf(step, 'outcomes'), 'unrouted-outcome', `"${step.id}" has no route.`)]
			: []),
	];
}

/** Where all questions are lists, nothing may be chosen from them, and that outcome may have a route of its own. */
function canTickNothing({does}: Step): boolean {
	return does.kind === 'ask' && Object.values(does.questions).every(({type}) => type === 'tick' || type === 'pick');
}
