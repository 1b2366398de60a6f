import {expect, it} from 'vitest';
import {outcomeOfItem} from '../../src/domain/incident/item.ts';
import {exitOf} from '../../src/domain/incident/standing.ts';
import {renderMarkdown} from '../../src/domain/post-mortem/markdown.ts';
import {postMortemOf} from '../../src/domain/post-mortem/post-mortem.ts';
import {openDay} from '../support/garbage-day.ts';
import {answer, approve, settle} from '../support/real-responder.ts';

const closing = answer({impact: 'every pipeline', began: 'unknown', noticed: 'the probe'});

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

	// By the disk, the damage was there at the earliest of these times at the latest.
	const first = incident.visits.find(({output}) => output?.kind === 'scope')!.output;
	const times = first?.kind === 'scope' ? first.images.flatMap(({since}) => since ?? []) : [];
	const close = incident.visits.findLast(({step}) => step === 'close')!;
	expect(close.asked, said).toMatchObject({
		questions: [
			{name: 'impact'},
			{name: 'began', default: times.toSorted()[0], from: 'the disk, at the latest'},
			{name: 'noticed'},
		],
	});

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
