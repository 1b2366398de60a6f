import {expect, test} from 'vitest';
import type {Hold} from '../../../src/domain/hold/hold.ts';
import type {NextStart} from '../../../src/domain/hold/next-starts.ts';
import {sayHold} from '../../../src/domain/hold/say-hold.ts';
import {holdIn} from '../../../src/domain/incident/hold.ts';
import {toJsonObject} from '../../../src/domain/json.ts';
import {fold} from '../../../src/domain/machine/machine.ts';
import {refusal} from '../../../src/domain/machine/refusals.ts';
import {renderMarkdown} from '../../../src/domain/post-mortem/markdown.ts';
import {postMortemOf} from '../../../src/domain/post-mortem/post-mortem.ts';
import {sayEnd} from '../../../src/plain/session/say-end.ts';
import {happen, smallPage, steps, type Told, tellIncident, toldToDecide} from '../../support/told-incident.ts';

const page = `${smallPage.replace('decide: decide\n---', 'decide: decide\nhold: hold\n---')}
## Hold {#hold}
\`\`\`yaml step
action: storage.hold
outcomes: {found: suspend, none: decide}
\`\`\`

## Suspend {#suspend}
\`\`\`yaml step
action: storage.suspend
with: {next: '\${steps.hold.next}'}
gate: typed
outcomes: {suspended: decide, failed: decide}
\`\`\`
`;

const next: NextStart = {
	kind: 'collection',
	file: 'gc.timer',
	line: 'gc.service',
	starts: '2026-04-19T05:10:30.000Z',
	suspend: {kind: 'command', program: 'systemctl', name: 'gc.timer'},
};
const hold: Hold = {looked: '2026-04-19T03:00:00.000Z', running: [], next: [next], gaps: []};
const asked = {type: 'hold.asked'} as const;
const [look, suspend] = [
	{step: 'hold', attempt: 1},
	{step: 'suspend', attempt: 1},
];

/** Someone has looked, and seen that it starts. */
function toldToHold(): Told {
	return toldToDecide(page)
		.tell(asked)
		.tell(happen.begun(look, 'read'))
		.tell(happen.intended(look))
		.tell(happen.finished(look, 'found', toJsonObject({hold, next})));
}

const toldToSuspended = () =>
	toldToHold()
		.tell(happen.begun(suspend, 'write', {success: ['suspended'], sparesImage: true}))
		.tell(happen.gate(suspend, 'systemctl stop gc.timer'))
		.tell(happen.answered(suspend, 'systemctl stop gc.timer'))
		.tell(happen.intended(suspend))
		.tell(happen.finished(suspend, 'suspended', {suspended: 'gc.timer: gc.service', undo: 'systemctl start gc.timer'}));

test('a person is led from where they are to the look, to its gate, and back to the decision', () => {
	const told = toldToHold();

	expect(told.incident.phase).toEqual({kind: 'arriving', step: 'suspend'});
	expect(told.incident.visits.map(({step, ended}) => `${step} ${ended}`)).toEqual([
		'check ran',
		'decide left',
		'hold ran',
	]);
	expect(toldToSuspended().incident.phase).toEqual({kind: 'arriving', step: 'decide'});
});

test('the countdown goes on until it is suspended, also in another process', () => {
	const now = Date.parse('2026-04-19T03:00:00.000Z');
	const [before, after] = [holdIn(toldToHold().incident)!, holdIn(toldToSuspended().incident)!];

	expect(sayHold(before, now)).toBe('next collection in 2 h 10');
	expect(sayHold(after, now)).toBeUndefined();
	expect(holdIn(fold(toldToSuspended().events))).toEqual(after);
});

test('a suspension changes nothing about the image, and its undo is a follow-up at the end and in the post-mortem', () => {
	const told = toldToSuspended();
	const {incident} = told
		.tell(happen.begun({step: 'decide', attempt: 2}, 'read', {with: {options: [{key: 'stop'}]}}))
		.tell(happen.chosen('stop', {step: 'decide', attempt: 2}))
		.tell({type: 'incident.closed'});
	const report = postMortemOf(told.events);

	expect(incident.verdict?.verdict).toBe('broken');
	expect(report.followUps[0]).toEqual({
		priority: 'P0',
		text: 'Undo the suspension, once the cleaner breaks nothing any more: systemctl start gc.timer',
		evidence: 'gc.timer: gc.service',
	});
	expect(report.timeline.map(({what}) => what)).toContain('Asked to suspend what cleans the store next.');
	expect(report.changes).toMatchObject([{step: 'Suspend', outcome: 'suspended'}]);
	expect(renderMarkdown(report)).toContain('systemctl start gc.timer');
	expect(sayEnd(incident, {journalFolder: '/j', resumeCommand: 'r'}).join('\n')).toContain('Suspend (suspended)');
});

test('it is refused where nothing is known, where the page has no step for it, and while a change is under way', () => {
	expect(refusal(toldToDecide(page).incident, asked)).toBe('Nothing is known that will clean the store.');
	expect(refusal(toldToDecide().incident, asked)).toBe('This runbook has no step that suspends a collection.');
	expect(refusal(toldToSuspended().incident, asked)).toBe('Nothing is known that will clean the store.');

	const told = toldToHold().tell(happen.begun(suspend, 'write')).tell(happen.gate(suspend));
	expect(refusal(told.incident, asked)).toBeUndefined();
	told.tell(happen.answered(suspend, 'approve')).tell(happen.intended(suspend));
	expect(refusal(told.incident, asked)).toMatch(/under way/);
});

test('in a runbook without the step, as all of version 0.1 are, the event changes nothing', () => {
	const told = tellIncident(smallPage).tell(happen.begun(steps.check, 'read'));
	const before = told.incident.phase;

	expect(told.tell(asked).incident.phase).toBe(before);
	expect(told.effects).toEqual([]);
});
