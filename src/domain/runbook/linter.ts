import {actionProblems} from './lint-actions.ts';
import {loopProblems, proofProblems, reachProblems} from './lint-paths.ts';
import {problem} from './lint-problem.ts';
import {routeProblems} from './lint-routes.ts';
import {valueProblems} from './lint-values.ts';
import type {RunbookProblem} from './parser.ts';
import {edgesOf} from './paths.ts';
import {type ActionDeclaration, findStep, needsPerson, type Runbook} from './runbook.ts';

export {outcomesOf} from './lint-routes.ts';

/** What a good author would be ashamed of, with its place in the page. An empty list: the runbook may run. */
export function lintRunbook(runbook: Runbook, actions: readonly ActionDeclaration[]): RunbookProblem[] {
	const known = new Map(actions.map(action => [action.name, action]));
	const problems = [
		...headProblems(runbook),
		...runbook.steps.flatMap(step => [...actionProblems(step, known), ...routeProblems(step, runbook, known)]),
	];

	// Paths mean nothing while routes lead nowhere.
	if (problems.length === 0) {
		const edges = edgesOf(runbook, known);
		problems.push(
			...reachProblems(runbook, edges),
			...loopProblems(runbook, edges),
			...valueProblems(runbook, edges, known),
			...proofProblems(runbook, edges, known),
		);
	}

	return problems.sort((a, b) => a.line - b.line || a.column - b.column);
}

function headProblems(runbook: Runbook): RunbookProblem[] {
	const problems = (['start', 'decide'] as const).flatMap(key => {
		const id = runbook[key];
		return id === undefined || findStep(runbook, id)
			? []
			: [
					problem(
						runbook.positions?.[key] ?? {line: 1, column: 1},
						'unknown-step',
						`The front matter names a step "${id}" that the page does not have.`,
					),
				];
	});
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
