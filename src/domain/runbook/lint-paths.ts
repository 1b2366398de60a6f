import {textsOf} from '../incident/resolve-step.ts';
import {malformedIn, referencesIn, type ValueReference} from '../incident/template.ts';
import type {Json} from '../json.ts';
import {type LocatedProblem, type Position, problemAt} from '../yaml/located-yaml.ts';
import {type Edge, reachable, stepsAlwaysEnded, stepsMaybeEnded, valuesAlwaysThere, valuesMaybeThere} from './paths.ts';
import {type ActionDeclaration, findStep, isStop, needsPerson, positionOf, type Runbook, type Step} from './runbook.ts';

type Known = ReadonlyMap<string, ActionDeclaration>;

export function reachProblems(runbook: Runbook, edges: Edge[]): LocatedProblem[] {
	const starts = [runbook.start, runbook.decide, runbook.hold].filter(id => id !== undefined);
	const seen = reachable(starts, edges);
	return runbook.steps
		.filter(({id}) => !seen.has(id))
		.map(step => problemAt(step.position, 'unreachable', `No route leads to "${step.id}".`));
}

export function loopProblems(runbook: Runbook, edges: Edge[]): LocatedProblem[] {
	// A dry run does not stop at gates, so a gate alone does not end a loop.
	const alone = new Set(runbook.steps.filter(({gate: _, ...step}) => !needsPerson(step)).map(({id}) => id));
	// A plan without rows ends without a person.
	const plans = new Set(runbook.steps.filter(({does}) => does.kind === 'plan').map(({id}) => id));
	const unattended = edges.filter(
		({from, to, outcome}) =>
			(alone.has(from) || (plans.has(from) && outcome === 'nothing')) &&
			to !== undefined &&
			(alone.has(to) || plans.has(to)),
	);
	const looping = runbook.steps.filter(({id}) =>
		reachable(
			unattended.filter(edge => edge.from === id).map(edge => edge.to!),
			unattended,
		).has(id),
	);
	return looping.length === 0
		? []
		: [
				problemAt(
					looping[0]!.position,
					'loop-without-person',
					`These steps can run forever without a person: ${looping.map(({id}) => id).join(', ')}.`,
				),
			];
}

/** Every path from a change to a stop passes a verification, unless the stop is marked `unverified`. */
export function proofProblems(runbook: Runbook, edges: Edge[], known: Known): LocatedProblem[] {
	const declared = (step: Step) => (step.does.kind === 'action' ? known.get(step.does.action) : undefined);
	const carriesOut = (step: Step) => {
		const plan = step.does.kind === 'apply' ? findStep(runbook, step.does.plan)?.does : undefined;
		return plan?.kind === 'plan' ? Object.values(plan.remedies).map(({action}) => known.get(action)) : [declared(step)];
	};
	const changesImage = (action: ActionDeclaration | undefined) =>
		action !== undefined && action.effect !== 'read' && !action.sparesImage;
	const writes = runbook.steps.filter(step => carriesOut(step).some(changesImage)).map(({id}) => id);
	const proofs = new Set(
		runbook.steps.flatMap(step => {
			const {shows, proves = ['intact']} = declared(step) ?? {};
			return shows === 'verdict' ? proves.map(outcome => `${step.id} ${outcome}`) : [];
		}),
	);
	const unproven = edges.filter(({from, outcome}) => !proofs.has(`${from} ${outcome}`));
	// A change that ends in a surprise leads to the step `decide`.
	const surprises = runbook.decide === undefined ? [] : writes.map(from => ({from, outcome: '', to: runbook.decide!}));
	const tainted = reachable(writes, [...unproven, ...surprises]);

	return runbook.steps
		.filter(({id}) => tainted.has(id))
		.flatMap(step =>
			Object.entries(step.outcomes)
				.filter(([outcome, route]) => isStop(route) && !route.unverified && !proofs.has(`${step.id} ${outcome}`))
				.map(([outcome]) =>
					problemAt(
						positionOf(step, `outcomes.${outcome}`),
						'stop-unverified',
						`"${outcome}" stops after a change without verifying that the image is intact. Verify it first, or write \`unverified: true\`.`,
					),
				),
		);
}

/** Every value that a step uses is provided on every path to it; a value with a `?`, on at least one path. */
export function valueProblems(runbook: Runbook, edges: Edge[], known: Known): LocatedProblem[] {
	const always = {ended: stepsAlwaysEnded(runbook, edges), values: valuesAlwaysThere(runbook, edges)};
	const maybe = {ended: stepsMaybeEnded(runbook, edges), values: valuesMaybeThere(runbook, edges)};

	return runbook.steps.flatMap(step =>
		textsIn(step).flatMap(({value, position, isShell, isOfRow}) => [
			...(isShell ? [] : malformedIn(value)).map(text =>
				problemAt(position, 'unknown-value', `${text} is not a value: write \${steps.STEP.VALUE}.`),
			),
			...referencesIn(value).flatMap(reference => {
				const wrong =
					isOfRow && reference.path[0] === 'row' ? wrongRow(reference) : wrongSource(reference, runbook, known);
				if (wrong !== undefined) {
					return [problemAt(position, 'unknown-value', `${reference.text}: ${wrong}`)];
				}

				const {path, optional, text} = reference;
				const [root, owner, field] = path as [string, string, string];
				const there = optional ? maybe : always;
				const isThere = root !== 'steps' || there[ofEveryEnd.has(field) ? 'ended' : 'values'].get(step.id)!.has(owner);
				const why = optional ? 'never runs before' : 'may not have run, or may have left no values, before';
				return isThere ? [] : [problemAt(position, 'value-too-early', `${text}: "${owner}" ${why} "${step.id}".`)];
			}),
		]),
	);
}

/** The values of every step, whatever its outcome. */
const ofEveryEnd = new Set(['outcome', 'said']);

function wrongRow({path: [, name]}: ValueReference): string | undefined {
	return name === undefined ? 'write row.NAME.' : undefined;
}

function wrongSource({path: [root, owner, field]}: ValueReference, runbook: Runbook, known: Known): string | undefined {
	if (root === 'inputs') {
		return owner !== undefined && Object.hasOwn(runbook.inputs, owner)
			? undefined
			: `the runbook has no input "${owner}".`;
	}

	if (root === 'incident') {
		return owner === 'id' || owner === 'opened' ? undefined : 'the incident has only id and opened.';
	}

	if (root === 'settings') {
		return owner === undefined ? 'write settings.NAME.' : undefined;
	}

	const producer = root === 'steps' && owner !== undefined ? findStep(runbook, owner) : undefined;
	if (!producer || field === undefined) {
		return 'values come from inputs, settings, incident or steps.STEP.VALUE.';
	}

	return providedBy(producer, known).includes(field) ? undefined : `"${owner}" provides no value "${field}".`;
}

function providedBy({does}: Step, known: Known): string[] {
	switch (does.kind) {
		case 'action':
			return [...ofEveryEnd, ...Object.keys(known.get(does.action)?.provides ?? {})];
		case 'ask':
			return [...ofEveryEnd, ...Object.keys(does.questions)];
		case 'choose':
			return [...ofEveryEnd, 'option'];
		case 'plan':
		case 'apply':
			return [...ofEveryEnd, 'items'];
		default:
			return [...ofEveryEnd];
	}
}

/** All texts whose values are filled in when the step begins. A command may use the shell's own `${…}`. */
function textsIn(step: Step): {value: Json; position: Position; isShell?: boolean; isOfRow?: boolean}[] {
	const {does} = step;
	return [
		...Object.entries(step.with).map(([name, value]) => ({value, position: positionOf(step, `with.${name}`)})),
		...Object.entries(does.kind === 'plan' ? does.remedies : {}).map(([name, remedy]) => ({
			value: remedy.with,
			position: positionOf(step, `plan.${name}`),
			isOfRow: true,
		})),
		...Object.values(textsOf(step.does)).map(value => ({
			value: value!,
			position: positionOf(step, does.kind),
			isShell: does.kind === 'by-hand',
		})),
	];
}
