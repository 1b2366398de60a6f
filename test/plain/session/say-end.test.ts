import {expect, test} from 'vitest';
import type {Hazard} from '../../../src/domain/audit/hazard.ts';
import type {Visit} from '../../../src/domain/incident/incident.ts';
import type {Output} from '../../../src/domain/incident/outputs.ts';
import {sayEnd} from '../../../src/plain/session/say-end.ts';
import {stage} from './rehearsal.ts';

const whereabouts = {journalFolder: '/state/incidents/one', resumeCommand: 'regmedic resume one'};

test('an incident that has just begun is unknown, and names its next step', async () => {
	const {session} = await stage();

	expect(sayEnd(session.current().incident, whereabouts)).toEqual([
		'Verdict: registry.example/infra-ci:latest is unknown: no check has finished.',
		'Done:    nothing yet.',
		expect.stringMatching(/^Left: {4}"Diagnose the tag" /),
		'Journal: /state/incidents/one',
		'Resume:  regmedic resume one',
	]);
});

test('a narrow terminal gets narrower sentences', async () => {
	const {session} = await stage();

	const lines = sayEnd(session.current().incident, {...whereabouts, columns: 50});

	expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(50);
});

test('a rehearsal says that nothing real was touched', async () => {
	const {session} = await stage();
	const incident = {...session.current().incident, drill: {scenario: 'orphan-index', seed: 7}};

	expect(sayEnd(incident, whereabouts)[0]).toContain('Rehearsal, nothing real was touched.');
});

test('a change that may still be running is named with its request', async () => {
	const release = Promise.withResolvers<never>();
	const staged = await stage({runs: {'test.mend': {run: () => release.promise}}});
	const ended = staged.run({autopilot: true});
	await staged.said('Approved by ada.');
	await new Promise<void>(resolve => {
		const seen = () => staged.session.current().incident.phase.kind === 'running' && resolve();
		staged.session.subscribe(seen);
		seen();
	});
	await staged.session.leave('interrupted');
	await ended;

	expect(staged.text()).toContain(
		`Done:    2 steps in 2.1 s; changes: Relink (not known).
Left:    "Relink" (registry.example/infra-ci) may still be running (request
         2026-04-19-small-calm-otter.mend.1): leaving does not stop it.
`,
	);
	expect(staged.text()).toMatch(/is unknown: something was changed, and\s+the image was not verified/);
});

test.each([
	[undefined, 'the image, which was not verified as intact'],
	[{verdict: 'broken' as const, at: '2026-04-19T03:12:00.000Z'}, 'the image, which was not verified as intact'],
	[{verdict: 'intact' as const, at: '2026-04-19T03:12:00.000Z'}, 'nothing'],
])('an incident that was closed with %j leaves %s', async (verdict, left) => {
	const {session} = await stage();
	const {verdict: _, ...open} = session.current().incident;
	const phase = {kind: 'stopped' as const, stop: 'over', say: 'It is over.', unverified: false, closed: true};

	const said = sayEnd({...open, phase, ...(verdict === undefined ? {} : {verdict})}, whereabouts);

	expect(said.join(' ').replace(/\s+/g, ' ')).toContain(`Left: ${left}; the runbook ended with "over": It is over.`);
});

test('beside an intact image, the follow-ups and risks that the steps found are counted', async () => {
	const {session} = await stage();
	const incident = session.current().incident;
	const visit = (output: Output) => ({...incident.visits[0]!, output}) as Visit;
	const risk: Hazard = {
		...{kind: 'removes-links', severity: 'may-break', file: 'crontab -l'},
		...{line: 'rm', why: 'It bites.', advice: 'Remove it.'},
	};
	const visits = [
		visit({kind: 'follow-ups', followUps: ['one', 'two']}),
		visit({kind: 'audit', risks: [risk]}),
		visit({kind: 'follow-ups', followUps: ['two']}),
	];
	const phase = {kind: 'stopped' as const, stop: 'over', say: 'It is over.', unverified: false, closed: true};
	const verdict = {verdict: 'intact' as const, at: '2026-04-19T03:12:00.000Z'};

	const said = sayEnd({...incident, visits, phase, verdict}, whereabouts).join('\n');

	expect(said).toContain('Left:    2 follow-ups, in the post-mortem; the runbook ended');
});
