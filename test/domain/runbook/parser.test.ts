import {expect, test} from 'vitest';
import {parseRunbook} from '../../../src/domain/runbook/parser.ts';

const page = `---
runbook: small
title: Small
start: look
---

Before anything.

## Look at it {#look}

What a person reads.

\`\`\`sh
curl something
\`\`\`

\`\`\`yaml step
wait: 90s
outcomes: {waited: {stop: done, say: Done.}}
\`\`\`

More to read.

## Background

Only prose.
`;

test('a page is read with its head, its steps, their prose, and the position of each part', () => {
	const {runbook, problems} = parseRunbook(page);

	expect(problems).toEqual([]);
	expect(runbook).toMatchObject({
		name: 'small',
		intro: 'Before anything.',
		positions: {start: {line: 4, column: 1}},
		text: page,
	});
	expect(runbook!.steps).toHaveLength(1);
	expect(runbook!.steps[0]).toMatchObject({
		id: 'look',
		title: 'Look at it',
		phase: 'Look at it',
		prose: 'What a person reads.\n\n```sh\ncurl something\n```\n\nMore to read.',
		position: {line: 9, column: 1},
		does: {kind: 'wait', milliseconds: 90_000},
		positions: {block: {line: 18, column: 1}, wait: {line: 18, column: 1}, outcomes: {line: 19, column: 1}},
	});
});

test.each([
	['## Look at it', 'look-at-it', 'Look at it'],
	['## Look at it ##', 'look-at-it', 'Look at it'],
	['Look at it\n-----', 'look-at-it', 'Look at it'],
	['## `Look` *at* it {#other}', 'other', '`Look` *at* it'],
])('a heading %j is the step %s', (heading, id, title) => {
	const {runbook} = parseRunbook(page.replace('## Look at it {#look}', heading));

	expect(runbook!.steps[0]).toMatchObject({id, title});
});

test('lines that end in CR LF keep their positions', () => {
	const text = page.replace('waited:', 'waited!:').replace(/\n/g, '\r\n');

	expect(parseRunbook(text).problems).toMatchObject([{line: 19, code: 'shape'}]);
});

test.each([
	[
		'two blocks in one step',
		page.replace('More to read.', '```yaml step\nwait: 1s\noutcomes: {}\n```'),
		'two-blocks',
		22,
	],
	['two kinds in one block', page.replace('wait: 90s', 'wait: 90s\nby-hand: []'), 'kind', 18],
	['no kind in a block', page.replace('wait: 90s\n', ''), 'kind', 18],
	['a key twice', page.replace('wait: 90s', 'wait: 90s\nwait: 91s'), 'yaml', 19],
	['a bad name', page.replace('runbook: small', 'runbook: Small One'), 'shape', 2],
	['an unknown key in the head', page.replace('title: Small', 'titel: Small'), 'shape', 3],
])('%s is found where it stands', (_what, text, code, line) => {
	expect(parseRunbook(text).problems).toContainEqual(expect.objectContaining({code, line}));
});

test('every problem is reported, not only the first', () => {
	const text = page.replace('runbook: small', 'runbook: Small').replace('wait: 90s', 'wait: soon');

	expect(parseRunbook(text).problems.map(({line}) => line)).toEqual([2, 18]);
});

test.each([undefined, '__proto__', 'constructor', 'toString'])('a step called %s is a step like any other', name => {
	const text = page.replace('{#look}', `{#${name}}`).replace('start: look', 'start: "look"');

	expect(() => parseRunbook(text)).not.toThrow();
});

test('a byte order mark does not change positions', () => {
	expect(parseRunbook(`\uFEFF${page}`)).toEqual(parseRunbook(page));
});

test('a page that is too long is refused before it is parsed', () => {
	const {runbook, problems} = parseRunbook(page.replace('Only prose.', 'word *x* `y`\n'.repeat(80_000)));

	expect(runbook).toBeUndefined();
	expect(problems).toMatchObject([{line: 1, column: 1, code: 'page-too-long'}]);
});
