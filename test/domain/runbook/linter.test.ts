// biome-ignore-all lint/suspicious/noTemplateCurlyInString: values of a runbook are written like this.
import {readFileSync} from 'node:fs';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {lintRunbook} from '../../../src/domain/runbook/linter.ts';
import {parseRunbook} from '../../../src/domain/runbook/parser.ts';
import type {Runbook} from '../../../src/domain/runbook/runbook.ts';
import type {LocatedProblem} from '../../../src/domain/yaml/located-yaml.ts';
import {actions} from '../../../src/engine/actions/index.ts';
import {actionsOf} from '../../support/small-catalogue.ts';
import {tries} from '../../support/sweep.ts';

const page = readFileSync(new URL('../../../runbooks/orphan-index.md', import.meta.url), 'utf8');
const lines = page.split('\n');

test('the shipped runbook has no problems', () => {
	expect(problemsIn(page)).toEqual([]);
});

/** Every line `  outcome: step` of every block, by its number, counted from 1. */
const routes = lines.flatMap((text, at) => {
	const match = /^ {2}([a-z-]+): ([a-z-]+)$/.exec(text);
	return match ? [{line: at + 1, outcome: match[1]!, to: match[2]!}] : [];
});

test('any misspelt step is found on its own line', () => {
	anyOf(routes, ({line, to}) => {
		const problems = problemsIn(replaceLine(line, text => `${text}-x`));

		expect(problems, lines[line - 1]).toEqual([
			{line, column: expect.any(Number), code: 'unknown-step', message: expect.stringContaining(`"${to}-x"`)},
		]);
	});
});

test('a misspelt outcome is found on its own line, and the missing one in its block', () => {
	anyOf(routes, ({line, outcome}) => {
		const problems = problemsIn(replaceLine(line, text => text.replace(outcome, `${outcome}-x`)));

		expect(problems, lines[line - 1]).toContainEqual(expect.objectContaining({line, code: 'unknown-outcome'}));
		expect(isInBlock(problems[0]!, line)).toBe(true);
	});
});

test('a deleted outcome is found in its block, or as a step without a route to it', () => {
	// What follows when nothing is ticked need not be said.
	const required = routes.filter(({outcome}) => outcome !== 'none');
	anyOf(required, ({line, outcome, to}) => {
		const problems = problemsIn(replaceLine(line, () => ''));

		expect(problems.length, lines[line - 1]).toBeGreaterThan(0);
		const [first] = problems;
		if (first!.code === 'unreachable') {
			expect(first).toMatchObject({line: lineOf(`{#${to}}`)});
		} else {
			expect(first!.message).toMatch(new RegExp(`"${outcome}"|outcomes`));
			expect(isInBlock(first!, line)).toBe(true);
		}
	});
});

test('a removed gate is found at its action', () => {
	for (const [at, text] of lines.entries()) {
		if (/^gate: /.test(text)) {
			const action = lines.findLastIndex((each, before) => before < at && /^action: /.test(each)) + 1;

			expect(problemsIn(replaceLine(at + 1, () => ''))).toEqual([
				{line: action, column: 1, code: 'write-without-gate', message: expect.any(String)},
			]);
		}
	}
});

test('a change that skips the verification is found at the stop that claims success', () => {
	for (const done of [
		'restarted: verify',
		'relinked: verify',
		'repointed: verify',
		'succeeded: verify',
		'pushed: verify',
	]) {
		const edited = page.replace(`  ${done}`, `  ${done.replace('verify', 'close')}`);

		expect(problemsIn(edited), done).toEqual([
			{
				line: lineOf('  answered: {stop: fixed'),
				column: expect.any(Number),
				code: 'stop-unverified',
				message: expect.any(String),
			},
		]);
	}
});

test('a removed verification is found at every route to it', () => {
	const [start, end] = [page.indexOf('## Verify again'), page.indexOf('## Find pipelines')];
	const edited = page.slice(0, start) + page.slice(end);

	const found = problemsIn(edited).filter(({code}) => code === 'unknown-step');
	expect(found.map(({line}) => line)).toEqual(
		edited.split('\n').flatMap((text, at) => (/^ {2}[a-z-]+: verify$/.test(text) ? [at + 1] : [])),
	);
	expect(found.length).toBeGreaterThan(5);
});

test.each([
	['start: diagnose', 'start: diagnoze', 'unknown-step'],
	['decide: decide', 'decide: decyde', 'unknown-step'],
	['action: storage.scan', 'action: storage.skan', 'unknown-action'],
	["with: {image: '${inputs.image}', depth: edge}", "with: {imago: '${inputs.image}', image: x}", 'unknown-input'],
	['  image: ${inputs.image}', '  image: ${inputs.imago}', 'unknown-value'],
	['  faults: ${steps.diagnose.faults?}', '  faults: ${steps.diagnose.fauts?}', 'unknown-value'],
	['  faults: ${steps.diagnose.faults?}', '  faults: ${steps.diagnoze.faults?}', 'unknown-value'],
	['  faults: ${steps.diagnose.faults?}', '  faults: ${steps.diagnose.faults!}', 'unknown-value'],
	['  findings: ${steps.scan-storage.findings?}', '  findings: ${steps.prevent.risks}', 'value-too-early'],
	['  findings: ${steps.scan-storage.findings?}', '  findings: ${steps.scan-storage.findings}', 'value-too-early'],
	['  - regmedic verify ${inputs.image} --depth content', '  - regmedic verify ${inputs.tag}', 'unknown-value'],
	['choose: Which remedy?', 'choose: Which ${inputs.it}?', 'unknown-value'],
	['timeout: 15m', 'timeuot: 15m', 'shape'],
	['timeout: 15m', 'timeout: 15 minutes', 'shape'],
	['timeout: 15m', 'timeout: 0s', 'shape'],
	['timeout: 15m', 'timeout: 60d', 'shape'],
	['timeout: 15m', 'timeout: *nowhere', 'yaml'],
	['timeout: 15m', 'timeout: [15m', 'yaml'],
	['  none: other-orphans', '  none: failed-pipelines', 'loop-without-person'],
	['## Scan the storage {#scan-storage}', '## Scan the storage {#diagnose}', 'step-twice'],
])('%j edited to %j is found where it stands: %s', (before, after, code) => {
	const edited = page.replace(before, () => after);

	const [first] = problemsIn(edited);
	expect(first).toMatchObject({code});
	const line = edited.split('\n').indexOf(after.split('\n')[0]!) + 1;
	const near = code === 'loop-without-person' ? lineOf('{#failed-pipelines}') : code === 'yaml' ? first!.line : line;
	const isByHand = before.includes('regmedic verify');
	expect(first!.line).toBe(isByHand ? line - 1 : near);
});

test('a page without front matter, and one without steps, are refused', () => {
	expect(problemsIn('# Hello')).toMatchObject([{line: 1, code: 'front-matter'}]);
	expect(problemsIn('---\nrunbook: a\ntitle: A\nstart: b\n---\n')).toMatchObject([{code: 'no-steps'}]);
});

const small = (blocks: string) => `---
runbook: small
title: Small
start: a
decide: d
---
## A {#a}
\`\`\`yaml step
${blocks}
\`\`\`
## D {#d}
\`\`\`yaml step
choose: What now?
options: {stop: {title: Stop}}
outcomes:
  stop: {stop: left, say: Left., unverified: true}
\`\`\`
`;

test.each([
	['a change that is retried by itself', 'action: change.mend\ngate: approve\nretry: {times: 1}', 'write-retried', 11],
	[
		'a gate that only wants a key before something that cannot be undone',
		'action: change.wipe\ngate: approve',
		'gate-too-weak',
		10,
	],
	['a gate before what only reads', 'action: storage.scan\ngate: approve', 'needless-gate', 10],
	['a gate before a person’s own step', 'wait: 1s\ngate: approve', 'needless-gate', 10],
])('%s is found', (_what, block, code, line) => {
	const outcomes: Record<string, string> = {
		'change.mend': 'mended: d, failed: d, refused: d, late: d',
		'change.wipe': 'wiped: d, refused: d',
		'storage.scan': 'found: d, clean: d',
	};
	const action = /action: (\S+)/.exec(block)?.[1];
	const text = small(`${block}\noutcomes: {${outcomes[action ?? ''] ?? 'waited: d'}}`);

	expect(problemsIn(text, smallActions)).toMatchObject([{code, line}]);
});

test('a gate does not end a loop, because a dry run does not stop at gates', () => {
	const text = small('action: change.mend\ngate: approve\noutcomes: {mended: a, failed: d, refused: d, late: d}');

	expect(problemsIn(text, smallActions)).toMatchObject([{code: 'loop-without-person', line: 7}]);
});

test('a step that decides after a surprise must not claim success for the surprising change', () => {
	const text = small('action: change.mend\ngate: approve\noutcomes: {mended: b, failed: b, refused: b, late: b}')
		.replace(
			'## D {#d}',
			'## B {#b}\n```yaml step\naction: registry.verify\noutcomes:\n  intact: {stop: fixed, say: Good.}\n  broken: {stop: bad, say: Bad., unverified: true}\n  unknown: {stop: bad, say: Bad., unverified: true}\n  refused: {stop: bad, say: Bad., unverified: true}\n```\n## D {#d}',
		)
		.replace('Left., unverified: true', 'All is well.');

	expect(problemsIn(text, smallActions)).toMatchObject([{code: 'stop-unverified'}]);
});

test('a verification that found the image broken is no proof', () => {
	const check =
		'## B {#b}\n```yaml step\naction: registry.verify\noutcomes: {intact: e, broken: e, unknown: e, refused: e}\n```\n## E {#e}\n```yaml step\nwait: 1s\noutcomes:\n  waited: {stop: fixed, say: All is well.}\n```\n## D {#d}';
	const text = small(
		'action: change.mend\ngate: approve\noutcomes: {mended: b, failed: d, refused: d, late: d}',
	).replace('## D {#d}', check);

	expect(problemsIn(text, smallActions)).toMatchObject([{code: 'stop-unverified', line: 22}]);
	expect(problemsIn(text.replace(/(broken|unknown|refused): e/g, '$1: d'), smallActions)).toEqual([]);
});

test('values of a step that may have provided none are not available', () => {
	const text = small('action: registry.verify\noutcomes: {intact: d, broken: d, unknown: d, refused: b}').replace(
		'## D {#d}',
		'## B {#b}\n```yaml step\naction: storage.scan\nwith: {note: "${steps.a.faults}"}\noutcomes: {found: d, clean: d}\n```\n## D {#d}',
	);

	expect(problemsIn(text, smallActions)).toMatchObject([
		{code: 'value-too-early', message: expect.stringContaining('no values')},
	]);
	expect(problemsIn(text.replace('a.faults', 'a.said'), smallActions)).toEqual([]);
});

const smallActions = actionsOf({run: async () => expect.unreachable(), reconcile: async () => expect.unreachable()});

function problemsIn(text: string, known = actions): LocatedProblem[] {
	const {runbook, problems} = parseRunbook(text);
	return runbook ? lintRunbook(runbook as Runbook, known) : problems;
}

function replaceLine(line: number, edit: (text: string) => string): string {
	return lines.with(line - 1, edit(lines[line - 1]!)).join('\n');
}

function lineOf(text: string): number {
	return lines.findIndex(each => each.includes(text)) + 1;
}

function anyOf<T>(items: readonly T[], promise: (item: T) => void): void {
	fc.assert(fc.property(fc.constantFrom(...items), promise), {numRuns: tries(20)});
}

/** Within the fence around this line. */
function isInBlock({line}: LocatedProblem, near: number): boolean {
	const start = lines.findLastIndex((text, at) => at < near && text === '```yaml step') + 1;
	const end = lines.findIndex((text, at) => at >= near && text === '```') + 1;
	return line > start && line < end;
}
