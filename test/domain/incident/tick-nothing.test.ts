import {readFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {parseAsked} from '../../../src/domain/incident/asked.ts';
import {toJsonObject} from '../../../src/domain/json.ts';
import {fold} from '../../../src/domain/machine/machine.ts';
import {lintRunbook} from '../../../src/domain/runbook/linter.ts';
import {parseRunbook} from '../../../src/domain/runbook/parser.ts';
import {actions} from '../../../src/engine/actions/index.ts';

const shipped = readFileSync(path.resolve(import.meta.dirname, '../../../runbooks/orphan-index.md'), 'utf8');

function problemsOf(text: string): string[] {
	const {runbook, problems} = parseRunbook(text);
	return (runbook ? lintRunbook(runbook, actions) : problems).map(({code}) => code);
}

test('only a tick question may have a route for nothing ticked', () => {
	const other = shipped.replace('  answered: {stop: fixed', '  none: decide\n  answered: {stop: fixed');

	expect(problemsOf(shipped)).toEqual([]);
	expect(other).not.toBe(shipped);
	expect(problemsOf(other)).toContain('unknown-outcome');
});

const page = `---
runbook: ticks
title: Ticks
start: pick
---

## Pick {#pick}

\`\`\`yaml step
ask: {again: {prompt: Which?, type: tick, options: [1, 2]}}
outcomes:
  answered: {stop: some, say: Some., unverified: true}
  none: {stop: none, say: None., unverified: true}
\`\`\`
`;

test.each([
	[[], 'none'],
	[[2], 'some'],
])('ticking %j ends with %s', (again, stop) => {
	const stamp = {at: '2026-04-19T03:12:00.000Z', mono: 0, actor: 'ada'};
	const visit = {step: 'pick', attempt: 1};

	const {phase} = fold([
		{
			...stamp,
			type: 'incident.opened',
			schema: 'regmedic.journal/1',
			incident: 'i',
			version: '0',
			runbook: page,
			inputs: {image: 'registry.example/app:1'},
			settings: {},
			dryRun: false,
		},
		{...stamp, type: 'step.started', ...visit, effect: 'read', with: {}, success: []},
		{...stamp, type: 'answers.given', ...visit, answers: {again}},
	]);

	expect(phase).toMatchObject({kind: 'stopped', stop});
});

test('an option says whether it is ticked by default', () => {
	const ask = (options: object[]) =>
		parseAsked(
			{kind: 'ask', questions: {again: {prompt: 'Which?', type: 'tick'}}},
			toJsonObject({questions: {again: {prompt: 'Which?', type: 'tick', options}}}),
		);

	const [push, deployment] = [
		{number: 1, tick: true},
		{number: 2, tick: false},
	];
	expect(ask([push, deployment])).toMatchObject({questions: [{default: [push]}]});
	expect(ask([deployment])).toMatchObject({questions: [{default: []}]});
	expect(ask([{number: 3}])).not.toHaveProperty('questions.0.default');
});
