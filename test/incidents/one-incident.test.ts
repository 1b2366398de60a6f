import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, it} from 'vitest';
import {parseReference} from '../../src/domain/image/reference.ts';
import type {Incident} from '../../src/domain/incident/incident.ts';
import {outcomeOfItem} from '../../src/domain/incident/item.ts';
import {exitOf} from '../../src/domain/incident/standing.ts';
import {renderMarkdown} from '../../src/domain/post-mortem/markdown.ts';
import {postMortemOf} from '../../src/domain/post-mortem/post-mortem.ts';
import {createRedaction} from '../../src/domain/text/redaction.ts';
import type {Ports} from '../../src/engine/actions/action.ts';
import {actions} from '../../src/engine/actions/index.ts';
import {beginSession} from '../../src/engine/session/session.ts';
import {openDrill} from '../../src/incidents/drill.ts';
import {openPorts} from '../../src/wiring/ports.ts';
import {createMemoryJournal} from '../support/memory-journal.ts';
import {processes} from '../support/processes.ts';
import {answer, approve, respondWith, type Script, settle} from '../support/real-responder.ts';
import {createTempFolder} from '../support/temp-folder.ts';

const page = await readFile(path.resolve(import.meta.dirname, '../../runbooks/registry-damage.md'), 'utf8');
const closing = answer({impact: 'every pipeline', began: 'unknown', noticed: 'the probe'});

async function colleagueEnded({ports, settings}: ReturnType<NonNullable<Ports['of']>>): Promise<void> {
	const signal = AbortSignal.timeout(60_000);
	while ((await ports.ci!.live(String(settings.repository), {signal})).length > 0) {
		await ports.clock.sleep(50, {signal});
	}
}

/** The garbage day of the drill, led through the page by a script. */
async function openDay() {
	const folder = await createTempFolder();
	const redaction = createRedaction();
	const {world, setup} = await openDrill(
		{folder, scenario: 'garbage-day', seed: 1, speed: 100},
		{processes, redaction, signal: AbortSignal.timeout(120_000)},
	);
	const {ports, settings, close} = openPorts(parseReference(world.image), setup);
	const {journal, events} = createMemoryJournal();
	// What is pushed while the disk is read leaves that look incomplete: the colleague's pipeline ends first.
	await colleagueEnded(ports.of!({...parseReference(world.image), repository: 'web/shop'}));

	return {
		world,
		events,
		async lead(script: Script): Promise<Incident> {
			const options = {journal, ports, actions, actor: 'ada', pace: 'auto' as const};
			const session = await beginSession(options, {
				type: 'incident.opened',
				schema: 'regmedic.journal/1',
				incident: '2026-04-19-registry-damage-calm-otter',
				version: '0.0.0',
				runbook: page,
				inputs: {image: world.image},
				settings,
				dryRun: false,
			});
			return respondWith(session, script);
		},
		async [Symbol.asyncDispose]() {
			await close();
			await world.close();
		},
	};
}

it('one incident repairs all damage of a registry with one approval, and its end says of how many', {
	timeout: 120_000,
}, async () => {
	await using day = await openDay();

	const incident = await day.lead({
		plan: [settle],
		apply: [approve],
		'pick-pipelines': [answer({pipelines: []})],
		close: [closing],
	});

	const said = incident.visits.map(({step, outcome, say}) => `${step}: ${outcome}: ${say}`).join('\n');
	const items = incident.visits.findLast(({items: some}) => some)!.items!;
	expect(items.map(outcomeOfItem), said).toEqual(items.map(() => 'done'));
	expect(incident.visits.filter(({gate}) => gate).map(({step}) => step)).toEqual(['apply']);
	const check = incident.visits.findLast(({step}) => step === 'verify-all')!;
	expect(check, said).toMatchObject({outcome: 'intact', say: '5 of 5 planned intact.'});
	expect([incident.phase, exitOf(incident)], said).toMatchObject([
		{kind: 'stopped', stop: 'fixed', unverified: false},
		0,
	]);

	const report = postMortemOf(day.events);
	expect(report.verdict).toBe('intact');
	expect(report.damaged!.map(({title, ways, verdict}) => [title, ...ways, verdict])).toEqual(
		items.map(({title, remedy}) => [
			title,
			expect.objectContaining({remedy, outcome: 'done', approvedBy: 'ada'}),
			'intact',
		]),
	);
	expect(report.changes.map(({step}) => step).sort()).toEqual(
		items.map(({title}) => `Carry out the plan: ${title}`).sort(),
	);
	expect(report.milestones.map(({name}) => name)).toEqual(['opened', 'diagnosed', 'decided', 'mitigated', 'verified']);
	const text = renderMarkdown(report);
	for (const {title} of items) {
		expect(text).toContain(`| ${title} | `);
	}
});
