import {expect, test} from 'vitest';
import {graphOf} from '../../../src/domain/runbook/graph.ts';
import {lintRunbook} from '../../../src/domain/runbook/linter.ts';
import {parseRunbook} from '../../../src/domain/runbook/parser.ts';
import {planPage} from '../../support/plan-page.ts';
import {actionsOf} from '../../support/small-catalogue.ts';

const page = planPage(['a', 'b']);
const catalogue = actionsOf({run: async () => expect.unreachable(), reconcile: async () => expect.unreachable()});

/** The codes of the problems of a page, with the text at each. */
function problemsOf(text: string): string[] {
	const {runbook, problems} = parseRunbook(text);
	const found = runbook ? lintRunbook(runbook, catalogue) : problems;
	const lines = text.split('\n');
	return found.map(({code, line, column}) => `${code}: ${lines[line - 1]!.slice(column - 1, column + 14)}`);
}

function changed(before: string, after: string): string {
	expect(page).toContain(before);
	return page.replace(before, after);
}

test('a page with a plan and an apply has no problems, and is one graph', () => {
	expect(problemsOf(page)).toEqual([]);
	const graph = graphOf(parseRunbook(page).runbook!);

	expect(graph).toContain('s_plan("Plan")');
	expect(graph).toContain('s_apply[["Apply"]]');
	expect(graph).toContain('s_plan -->|settled| s_apply');
	expect(graph).toContain('s_apply -->|some| s_prove');
});

test.each([
	['an apply whose outcomes are not all routed', ', none: decide}', '}', /^unrouted-outcome: outcomes/],
	['an outcome that no apply has', 'none: decide}', 'none: decide, few: decide}', /^unknown-outcome: decide/],
	['a plan whose emptiness is not routed', ', nothing: decide}', '}', /^unrouted-outcome: outcomes/],
	['an action that does not exist', 'action: change.tell', 'action: change.nothing', /^unknown-action: tell: \{action/],
	['an action that only reads', 'action: change.tell', 'action: storage.scan', /^remedy-reads: tell: \{action/],
	[
		'an input that the action has not',
		`note: '\${row.id}'}}\n    wipe`,
		`no: '\${row.id}'}}\n    wipe`,
		/^unknown-input: mend/,
	],
	['a remedy of the name that every row has', 'tell: {action', 'leave: {action', /^remedy-leave: leave/],
	['a value that is no row', `'\${row.id}'}}\n    wipe`, `'\${rows.id}'}}\n    wipe`, /^unknown-value: mend/],
	['a row outside of a plan', `with: {image: '\${inputs.image}'}`, `with: {image: '\${row.id}'}`, /^unknown-value/],
	['an apply of a step that is no plan', 'apply: plan', 'apply: prove', /^unknown-plan: apply/],
	['a gate of an apply', 'timeout: 1m', 'gate: approve', /^needless-gate: gate/],
	['items that are retried by themselves', 'timeout: 1m', 'retry: {times: 2}', /^write-retried: retry/],
	['an end that was not verified', 'some: prove', 'some: {stop: fixed, say: Good.}', /^stop-unverified/],
])('the linter finds %s, and where', (_, before, after, problem) => {
	expect(problemsOf(changed(before, after)).join('\n')).toMatch(problem);
});

test('a plan that may not have been settled cannot be carried out', () => {
	expect(problemsOf(changed('nothing: decide}', 'nothing: apply}'))).toEqual([
		expect.stringMatching(/^apply-without-plan: apply/),
	]);
	expect(problemsOf(changed('  plan: plan\n', '  plan: apply\n')).join()).toMatch(/^apply-without-plan/m);
});

test('a plan without rows ends without a person, so it cannot lead to itself', () => {
	expect(problemsOf(changed('nothing: decide}', 'nothing: plan}'))).toEqual([
		expect.stringMatching(/^loop-without-person/),
	]);
});

test.each([
	['without rows', 'rows: ["a","b"]', 'row: [a]'],
	['with a remedy without action', 'mend: {action: change.mend,', 'mend: {'],
	['with two kinds', 'apply: plan', 'apply: plan\nwait: 1s'],
])('a plan or an apply %s is no step', (_, before, after) => {
	expect(parseRunbook(changed(before, after)).runbook).toBeUndefined();
});
