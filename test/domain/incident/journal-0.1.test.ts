import {cp} from 'node:fs/promises';
import path from 'node:path';
import {expect, test} from 'vitest';
import {readJournal} from '../../../src/adapters/journal/events-file.ts';
import {openJournal} from '../../../src/adapters/journal/journal.ts';
import {sayChange} from '../../../src/domain/incident/change.ts';
import type {Incident} from '../../../src/domain/incident/incident.ts';
import {advance, fold} from '../../../src/domain/machine/machine.ts';
import {renderMarkdown} from '../../../src/domain/post-mortem/markdown.ts';
import {postMortemOf} from '../../../src/domain/post-mortem/post-mortem.ts';
import {processes} from '../../support/processes.ts';
import {createTempFolder} from '../../support/temp-folder.ts';

/** Journals that regmedic 0.1 wrote: the outputs of their steps have no kind, and their gates hold sentences alone. */
const fixtures = path.resolve(import.meta.dirname, '../../fixtures/journal-0.1');

const stopped = {kind: 'stopped', stop: 'fixed', unverified: false, closed: true};

test.each([
	[
		'drill-closed',
		{sealed: true, phase: stopped, verdict: 'intact'},
		'diagnose:ran:broken:check scan-storage:ran:found:scan decide:answered:rebuild-ci:decision build-ci:ran:succeeded:pipeline verify:ran:intact:check failed-pipelines:ran:some:failed-pipelines pick-pipelines:answered:answered:answers restart-pipelines:ran:restarted:restarted-pipelines other-orphans:ran:some:follow-ups prevent:ran:found:audit close:answered:answered:answers',
	],
	[
		'relinked',
		{sealed: true, phase: stopped, verdict: 'intact'},
		'diagnose:ran:broken:check scan-storage:ran:found:scan decide:answered:relink:decision relink:ran:relinked:relink verify:ran:intact:check failed-pipelines:ran:some:failed-pipelines pick-pipelines:answered:answered:answers restart-pipelines:ran:restarted:restarted-pipelines other-orphans:ran:none:follow-ups prevent:ran:found:audit close:answered:answered:answers',
	],
	[
		'ci-down',
		{sealed: true, phase: stopped, verdict: 'intact'},
		'diagnose:ran:broken:check scan-storage:ran:found:scan decide:answered:rebuild-fallback:decision build-fallback:ran:pushed:build verify:ran:intact:check failed-pipelines:ran:some:failed-pipelines pick-pipelines:answered:answered:answers restart-pipelines:ran:restarted:restarted-pipelines other-orphans:ran:some:follow-ups prevent:ran:found:audit close:answered:answered:answers',
	],
	[
		'by-hand-and-skip',
		{sealed: true, phase: stopped, verdict: 'intact'},
		'diagnose:ran:broken:check scan-storage:ran:found:scan decide:answered:by-hand:decision repair-by-hand:answered:could-not:none decide:answered:rebuild-ci:decision build-ci:declined decide:answered:rebuild-fallback:decision build-fallback:by-hand:pushed:none verify:ran:broken:check scan-storage:ran:found:scan decide:answered:rebuild-ci:decision build-ci:ran:succeeded:pipeline verify:ran:intact:check failed-pipelines:ran:some:failed-pipelines pick-pipelines:skipped:none:none other-orphans:ran:some:follow-ups prevent:ran:found:audit close:answered:answered:answers',
	],
	[
		'dry-run',
		{sealed: false, phase: {kind: 'asking', step: 'decide', attempt: 3}, verdict: 'broken'},
		'diagnose:ran:broken:check scan-storage:ran:found:scan decide:answered:rebuild-ci:decision build-ci:assumed:succeeded:none verify:ran:broken:check scan-storage:ran:found:scan decide:answered:rebuild-fallback:decision build-fallback:assumed:pushed:none verify:ran:broken:check scan-storage:ran:found:scan decide:running',
	],
	[
		'left-at-gate',
		{sealed: false, phase: {kind: 'gate', step: 'build-ci', attempt: 1}, verdict: 'broken'},
		'diagnose:ran:broken:check scan-storage:ran:found:scan decide:answered:rebuild-ci:decision build-ci:running',
	],
] as const)('a journal of version 0.1 (%s) is verified, folded and exported as before', async (name, ends, visits) => {
	const {events, sealed, torn} = await readJournal(path.join(fixtures, name));
	const incident = fold(events);
	const report = postMortemOf(events);

	expect({sealed, torn}).toEqual({sealed: ends.sealed, torn: undefined});
	expect(incident).toMatchObject({phase: ends.phase, verdict: {verdict: ends.verdict}});
	expect(incident.image.repository).toBe('infra-ci');
	expect(visitsOf(incident)).toBe(visits);
	expect(report).toMatchObject({verdict: ends.verdict, record: {events: events.length, sealed}});
	expect(renderMarkdown(report)).toContain('Root cause, as found\n\n- child-');
});

test('the sentences that version 0.1 approved are still what its report says was changed', async () => {
	const {events} = await readJournal(path.join(fixtures, 'relinked'));
	const opened = events.find(event => event.type === 'gate.opened')!;

	expect(opened).not.toHaveProperty('plan');
	expect(opened.changes).toHaveLength(1);
	expect(postMortemOf(events).changes[0]).toMatchObject({changes: opened.changes, outcome: 'relinked'});
});

test('a gate that version 0.1 left open is shown again when the incident is resumed', async () => {
	const {events} = await readJournal(path.join(fixtures, 'left-at-gate'));
	const incident = fold(events);
	const gate = incident.visits.at(-1)!.gate!;
	const resumed = {type: 'incident.resumed', at: '2026-11-29T03:00:00.000Z', mono: 0, actor: 'ada'} as const;

	expect(gate.changes.flatMap(sayChange)).toEqual(events.find(event => event.type === 'gate.opened')!.changes);
	expect(advance(incident, resumed)).toMatchObject([
		{phase: {kind: 'gating', step: 'build-ci'}},
		[{kind: 'open-gate', step: 'build-ci', attempt: 1}],
	]);
});

test('a journal that version 0.1 left open is opened and goes on', async () => {
	const folder = await createTempFolder();
	await cp(path.join(fixtures, 'left-at-gate'), folder, {recursive: true});
	const stamp = () => ({at: '2026-11-29T03:00:00.000Z', mono: 0, actor: 'regmedic'});
	const journal = await openJournal({folder, actor: 'ada', processes, stamp, takeOver: false});

	await journal.append({type: 'incident.resumed', ...stamp()});
	await journal.close();

	expect((await readJournal(folder)).events.at(-1)).toMatchObject({type: 'incident.resumed'});
});

test('an output that this version cannot read is kept, and nothing is claimed from it', async () => {
	const {events} = await readJournal(path.join(fixtures, 'drill-closed'));
	const strange = events.map(event =>
		event.type === 'effect.finished' && event.step === 'verify'
			? {...event, output: {...event.output, faults: [{kind: 'a-fault-of-version-9'}]}}
			: event,
	);
	const incident = fold(strange);
	const verify = incident.visits.find(({step}) => step === 'verify')!;

	expect(verify.output).toMatchObject({kind: 'unreadable', values: {verdict: 'intact'}});
	expect(incident).toMatchObject({verdict: {verdict: 'unknown'}, phase: {unverified: true}});
	expect(renderMarkdown(postMortemOf(strange))).toContain('unknown: not proven intact');
});

/** `verify:ran:intact:check`: the step, how it ended, its outcome and the kind of its output. */
function visitsOf({visits}: Incident): string {
	return visits
		.map(({step, ended, outcome, output}) =>
			[step, ended ?? 'running', outcome, output?.kind].filter(Boolean).join(':'),
		)
		.join(' ');
}
