import {remedyOptions} from './remedy.ts';
import {
	type ActionDeclaration,
	findStep,
	isStop,
	needsPerson,
	type Position,
	personOutcomes,
	type Runbook,
	type Step,
} from './runbook.ts';
import type {RunbookProblem} from './runbook-parser.ts';
import {type Edge, edgesOf, reachable, valuesAlwaysThere, valuesMaybeThere} from './runbook-paths.ts';
import {referencesIn} from './template.ts';

/** What a good author would be ashamed of, with its place in the page. An empty list: the runbook may run. */
export function lintRunbook(runbook: Runbook, actions: readonly ActionDeclaration[]): RunbookProblem[] {
	const known = new Map(actions.map(action => [action.name, action]));
	const problems = [
		...headProblems(runbook),
		...runbook.steps.flatMap(step => [...actionProblems(step, known), ...routeProblems(step, runbook, known)]),
	];

	// Paths mean nothing while routes lead nowhere.
	if (problems.length === 0) {
		const edges = edgesOf(runbook);
		problems.push(
			...reachProblems(runbook, edges),
			...loopProblems(runbook, edges),
			...valueProblems(runbook, edges, known),
			...proofProblems(runbook, edges, known),
		);
	}

	return problems.sort((a, b) => a.line - b.line || a.column - b.column);
}

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
			return {required: all, allowed: all};
		}
	}
}

function headProblems(runbook: Runbook): RunbookProblem[] {
	const named = [runbook.start, ...(runbook.decide === undefined ? [] : [runbook.decide])];
	const missing = named.filter(id => !findStep(runbook, id));
	const problems = missing.map(id =>
		problem({line: 1, column: 1}, 'unknown-step', `The front matter names a step "${id}" that the page does not have.`),
	);
	const decide = runbook.decide === undefined ? undefined : findStep(runbook, runbook.decide);
	return decide === undefined || needsPerson(decide)
		? problems
		: [
				...problems,
				problem(
					decide.position,
					'decide-without-person',
					`Surprises lead to "${decide.id}", but no person decides there.`,
				),
			];
}

function actionProblems(step: Step, known: ReadonlyMap<string, ActionDeclaration>): RunbookProblem[] {
	if (step.does.kind !== 'action') {
		return step.gate
			? [problem(step.position, 'needless-gate', `"${step.id}" changes nothing: it needs no gate.`)]
			: [];
	}

	const action = known.get(step.does.action);
	if (!action) {
		return [
			problem(
				at(step, 'block'),
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
		...missing.map(name => problem(at(step, 'block'), 'missing-input', `${action.name} needs the input "${name}".`)),
	];

	if (action.effect !== 'read' && !step.gate) {
		problems.push(
			problem(at(step, 'block'), 'write-without-gate', `${action.name} changes something: "${step.id}" needs a gate.`),
		);
	}

	if (action.effect === 'destructive' && step.gate && !step.gate.typed) {
		problems.push(
			problem(at(step, 'block'), 'gate-too-weak', `${action.name} cannot be undone: its gate must be typed.`),
		);
	}

	if (action.effect === 'read' && step.gate) {
		problems.push(
			problem(at(step, 'block'), 'needless-gate', `${action.name} only reads: "${step.id}" needs no gate.`),
		);
	}

	if (action.effect !== 'read' && step.retries > 0) {
		problems.push(
			problem(at(step, 'block'), 'write-retried', `${action.name} changes something: it is never retried by itself.`),
		);
	}

	return problems;
}

function routeProblems(step: Step, runbook: Runbook, known: ReadonlyMap<string, ActionDeclaration>): RunbookProblem[] {
	if (step.does.kind === 'action' && !known.has(step.does.action)) {
		return [];
	}

	const {required, allowed} = outcomesOf(step, known);
	const routed = Object.keys(step.outcomes);
	return [
		...required
			.filter(outcome => !routed.includes(outcome))
			.map(outcome =>
				problem(at(step, 'block'), 'unrouted-outcome', `"${step.id}" does not say what follows "${outcome}".`),
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
		...(routed.length === 0 ? [problem(at(step, 'block'), 'unrouted-outcome', `"${step.id}" leads nowhere.`)] : []),
	];
}

function reachProblems(runbook: Runbook, edges: Edge[]): RunbookProblem[] {
	const starts = [runbook.start, ...(runbook.decide === undefined ? [] : [runbook.decide])];
	const seen = reachable(starts, edges);
	return runbook.steps
		.filter(({id}) => !seen.has(id))
		.map(step => problem(step.position, 'unreachable', `No route leads to "${step.id}".`));
}

function loopProblems(runbook: Runbook, edges: Edge[]): RunbookProblem[] {
	const alone = new Set(runbook.steps.filter(step => !needsPerson(step)).map(({id}) => id));
	const unattended = edges.filter(({from, to}) => alone.has(from) && to !== undefined && alone.has(to));
	const looping = runbook.steps.filter(({id}) =>
		reachable(
			unattended.filter(edge => edge.from === id).map(edge => edge.to!),
			unattended,
		).has(id),
	);
	return looping.length === 0
		? []
		: [
				problem(
					looping[0]!.position,
					'loop-without-person',
					`These steps can run for ever without a person: ${looping.map(({id}) => id).join(', ')}.`,
				),
			];
}

function valueProblems(
	runbook: Runbook,
	edges: Edge[],
	known: ReadonlyMap<string, ActionDeclaration>,
): RunbookProblem[] {
	const always = valuesAlwaysThere(runbook, edges);
	const maybe = valuesMaybeThere(runbook, edges);

	return runbook.steps.flatMap(step =>
		Object.entries({...step.with, ...doingTexts(step)}).flatMap(([name, value]) =>
			referencesIn(value).flatMap(({path: [root, owner, field], optional, text}) => {
				const position = at(step, `with.${name}`);
				if (root === 'inputs') {
					return owner !== undefined && Object.hasOwn(runbook.inputs, owner)
						? []
						: [problem(position, 'unknown-value', `${text}: the runbook has no input "${owner}".`)];
				}

				if (root === 'settings' || root === 'incident') {
					return [];
				}

				const producer = root === 'steps' && owner !== undefined ? findStep(runbook, owner) : undefined;
				if (!producer || field === undefined) {
					return [
						problem(
							position,
							'unknown-value',
							`${text}: values come from inputs, settings, incident or steps.STEP.VALUE.`,
						),
					];
				}

				if (!providedBy(producer, known).includes(field)) {
					return [problem(position, 'unknown-value', `${text}: "${owner}" leaves no value "${field}".`)];
				}

				const there = optional ? maybe : always;
				return there.get(step.id)?.has(producer.id)
					? []
					: [
							problem(
								position,
								'value-too-early',
								`${text}: "${owner}" ${optional ? 'never comes' : 'need not have come'} before "${step.id}".`,
							),
						];
			}),
		),
	);
}

/** No path may lead from a change to a stop that sounds like success without a proof in between. */
function proofProblems(
	runbook: Runbook,
	edges: Edge[],
	known: ReadonlyMap<string, ActionDeclaration>,
): RunbookProblem[] {
	const declared = (step: Step) => (step.does.kind === 'action' ? known.get(step.does.action) : undefined);
	const changesImage = (action: ActionDeclaration | undefined) =>
		action !== undefined && action.effect !== 'read' && !action.sparesImage;
	const writes = runbook.steps.filter(step => changesImage(declared(step))).map(({id}) => id);
	const proofs = new Set(runbook.steps.filter(step => declared(step)?.shows === 'verdict').map(({id}) => id));
	const unproven = edges.filter(({from, outcome}) => !(proofs.has(from) && outcome === 'intact'));
	const tainted = reachable(writes, unproven);

	return runbook.steps
		.filter(({id}) => tainted.has(id))
		.flatMap(step =>
			Object.entries(step.outcomes)
				.filter(
					([outcome, route]) => isStop(route) && !route.unverified && !(proofs.has(step.id) && outcome === 'intact'),
				)
				.map(([outcome]) =>
					problem(
						at(step, `outcomes.${outcome}`),
						'stop-unverified',
						`"${outcome}" stops after a change without a check that the image is intact. Verify first, or write \`unverified: true\`.`,
					),
				),
		);
}

function providedBy(step: Step, known: ReadonlyMap<string, ActionDeclaration>): string[] {
	switch (step.does.kind) {
		case 'action':
			return ['outcome', 'said', ...Object.keys(known.get(step.does.action)?.provides ?? {})];
		case 'ask':
			return ['outcome', ...Object.keys(step.does.questions)];
		case 'choose':
			return ['outcome', 'option'];
		default:
			return ['outcome'];
	}
}

function doingTexts({does}: Step) {
	if (does.kind === 'by-hand') {
		return {'by-hand': does.commands};
	}

	return does.kind === 'ask'
		? Object.fromEntries(
				Object.entries(does.questions).map(([name, {prompt, options}]) => [name, [prompt, options ?? null]]),
			)
		: {};
}

function at(step: Step, name: string): Position {
	return step.positions[name] ?? step.positions.block ?? step.position;
}

function problem(position: Position, code: string, message: string): RunbookProblem {
	return {line: position.line, column: position.column, code, message};
}
