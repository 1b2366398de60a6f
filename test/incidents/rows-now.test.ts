import {expect, it} from 'vitest';
import {outcomeOfItem} from '../../src/domain/incident/item.ts';
import {exitOf} from '../../src/domain/incident/standing.ts';
import {fold} from '../../src/domain/machine/machine.ts';
import {postMortemOf} from '../../src/domain/post-mortem/post-mortem.ts';
import {openDay} from '../support/garbage-day.ts';
import {answer, approve, settle} from '../support/real-responder.ts';

it("CI's own image now: its pipeline runs first, the rest is planned without a question, and each pipeline runs once", {
	timeout: 120_000,
}, async () => {
	await using day = await openDay();

	const incident = await day.lead({
		plan: [
			({rows = []}) => ({
				type: 'plan.marked',
				now: true,
				rows: rows.filter(({title}) => title.startsWith('infra-ci')).map(({id}) => id),
			}),
			settle,
			settle,
		],
		apply: [approve, approve],
		'pick-pipelines': [answer({pipelines: []})],
		close: [answer({impact: 'every pipeline', began: 'unknown', noticed: 'the probe'})],
	});

	const said = incident.visits.map(({step, outcome, say}) => `${step}: ${outcome}: ${say}`).join('\n');
	expect(incident.visits.map(({step}) => step).slice(0, 9), said).toEqual([
		'diagnose',
		'scope',
		'plan',
		'apply',
		'verify-planned',
		'scope',
		'plan',
		'apply',
		'verify-planned',
	]);
	const [first, second] = incident.visits.filter(({step}) => step === 'apply');
	expect(first!.items!.map(({title, remedy}) => [title, remedy])).toEqual([
		[expect.stringMatching(/^infra-ci/), 'rebuild-ci'],
	]);
	expect(first!.putOff, said).toBe(second!.items!.length);
	expect(first!.say).toBe('1 of 1 item done. 4 rows were put off to the next plan.');
	const [check] = incident.visits.filter(({step}) => step === 'verify-planned');
	expect(check).toMatchObject({outcome: 'broken'});
	expect(check!.say).toMatch(/^1 of 1 planned intact; 4 put off to the next plan: /);
	expect(second!.items!.map(outcomeOfItem), said).toEqual(second!.items!.map(() => 'done'));
	expect(second!.putOff).toBeUndefined();

	expect(
		incident.visits.findLast(({step}) => step === 'verify-all'),
		said,
	).toMatchObject({
		outcome: 'intact',
		say: '5 of 5 planned intact.',
	});
	expect([incident.phase, exitOf(incident)], said).toMatchObject([{kind: 'stopped', stop: 'fixed'}, 0]);
	const started = day.events.flatMap(event =>
		event.type === 'gate.opened' ? event.changes.filter(change => change.includes('pipeline')) : [],
	);
	expect(new Set(started).size, 'no pipeline is ordered twice').toBe(started.length);
	expect(fold(JSON.parse(JSON.stringify(day.events)))).toEqual(incident);
	expect(postMortemOf(day.events).damaged!.map(({verdict}) => verdict)).toEqual(Array(5).fill('intact'));
});
