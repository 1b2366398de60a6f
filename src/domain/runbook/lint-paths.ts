import {at, problem} from './lint-problem.ts';
import type {RunbookProblem} from './parser.ts';
import {type Edge, reachable} from './paths.ts';
import {type ActionDeclaration, isStop, needsPerson, type Runbook, type Step} from './runbook.ts';

export function reachProblems(runbook: Runbook, edges: Edge[]): RunbookProblem[] {
	const starts = [runbook.start, ...(runbook.decide === undefined ? [] : [runbook.decide])];
	const seen = reachable(starts, edges);
	return runbook.steps
		.filter(({id}) => !seen.has(id))
		.map(step => problem(step.position, 'unreachable', `No route leads to "${step.id}".`));
}

export function loopProblems(runbook: Runbook, edges: Edge[]): RunbookProblem[] {
	// A dry run asks at no gate: a gate alone does not end a loop.
	const alone = new Set(runbook.steps.filter(({gate: _, ...step}) => !needsPerson(step)).map(({id}) => id));
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

/** No path may lead from a change to a stop that sounds like success without a proof in between. */
export function proofProblems(
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
	// A change that ends in a surprise leads to the step in which a person decides.
	const surprises = runbook.decide === undefined ? [] : writes.map(from => ({from, outcome: '', to: runbook.decide!}));
	const tainted = reachable(writes, [...unproven, ...surprises]);

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
