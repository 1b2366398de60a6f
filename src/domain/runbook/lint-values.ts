import {textsOf} from '../incident/freeze.ts';
import {malformedIn, referencesIn, type ValueReference} from '../incident/template.ts';
import type {Json} from '../json.ts';
import {at, problem} from './lint-problem.ts';
import type {RunbookProblem} from './parser.ts';
import {type Edge, stepsAlwaysEnded, stepsMaybeEnded, valuesAlwaysThere, valuesMaybeThere} from './paths.ts';
import {type ActionDeclaration, findStep, type Position, type Runbook, type Step} from './runbook.ts';

type Known = ReadonlyMap<string, ActionDeclaration>;

/** Every value that a step names is there on every path to it; with a `?`, on some path. */
export function valueProblems(runbook: Runbook, edges: Edge[], known: Known): RunbookProblem[] {
	const always = {ended: stepsAlwaysEnded(runbook, edges), values: valuesAlwaysThere(runbook, edges)};
	const maybe = {ended: stepsMaybeEnded(runbook, edges), values: valuesMaybeThere(runbook, edges)};

	return runbook.steps.flatMap(step =>
		textsIn(step).flatMap(({value, position, isShell}) => [
			...(isShell ? [] : malformedIn(value)).map(text =>
				problem(position, 'unknown-value', `${text} is not a value: write \${steps.STEP.VALUE}.`),
			),
			...referencesIn(value).flatMap(reference => {
				const wrong = wrongSource(reference, runbook, known);
				if (wrong !== undefined) {
					return [problem(position, 'unknown-value', `${reference.text}: ${wrong}`)];
				}

				const {path, optional, text} = reference;
				const [root, owner, field] = path as [string, string, string];
				const there = optional ? maybe : always;
				const isThere = root !== 'steps' || there[ofEveryEnd.has(field) ? 'ended' : 'values'].get(step.id)!.has(owner);
				const why = optional ? 'never comes before' : 'need not have come, with values, before';
				return isThere ? [] : [problem(position, 'value-too-early', `${text}: "${owner}" ${why} "${step.id}".`)];
			}),
		]),
	);
}

/** What every step leaves behind, however it ended. */
const ofEveryEnd = new Set(['outcome', 'said']);

function wrongSource({path: [root, owner, field]}: ValueReference, runbook: Runbook, known: Known): string | undefined {
	if (root === 'inputs') {
		return owner !== undefined && Object.hasOwn(runbook.inputs, owner)
			? undefined
			: `the runbook has no input "${owner}".`;
	}

	if (root === 'incident') {
		return owner === 'id' || owner === 'opened' ? undefined : 'of the incident there are id and opened.';
	}

	if (root === 'settings') {
		return owner === undefined ? 'write settings.NAME.' : undefined;
	}

	const producer = root === 'steps' && owner !== undefined ? findStep(runbook, owner) : undefined;
	if (!producer || field === undefined) {
		return 'values come from inputs, settings, incident or steps.STEP.VALUE.';
	}

	return providedBy(producer, known).includes(field) ? undefined : `"${owner}" leaves no value "${field}".`;
}

function providedBy({does}: Step, known: Known): string[] {
	switch (does.kind) {
		case 'action':
			return [...ofEveryEnd, ...Object.keys(known.get(does.action)?.provides ?? {})];
		case 'ask':
			return [...ofEveryEnd, ...Object.keys(does.questions)];
		case 'choose':
			return [...ofEveryEnd, 'option'];
		default:
			return [...ofEveryEnd];
	}
}

/** Everything that is resolved when the step begins. A command may use the shell's own `${…}`. */
function textsIn(step: Step): {value: Json; position: Position; isShell: boolean}[] {
	const {does} = step;
	return [
		...Object.entries(step.with).map(([name, value]) => ({value, position: at(step, `with.${name}`), isShell: false})),
		...Object.values(textsOf(step)).map(value => ({
			value: value!,
			position: at(step, does.kind),
			isShell: does.kind === 'by-hand',
		})),
	];
}
