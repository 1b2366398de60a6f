import {expect, test} from 'vitest';
import {comparisonOf, exitOf} from '../../../src/domain/incident/standing.ts';
import {toJsonObject} from '../../../src/domain/json.ts';
import {fold} from '../../../src/domain/machine/machine.ts';
import {postMortemOf} from '../../../src/domain/post-mortem/post-mortem.ts';
import type {Comparison} from '../../../src/domain/remedy/compare-to-original.ts';
import {sayEnd} from '../../../src/plain/session/say-end.ts';
import {checkValues} from '../../support/outputs.ts';
import {happen, smallPage, steps, type Told, toldToDecide} from '../../support/told-incident.ts';

const {begun, intended, gate, answered, chosen} = happen;
const page = smallPage.replace('say: It is whole again., unverified: true', 'say: It is whole again.');
const whole: Comparison = {
	same: true,
	platforms: {lost: [], new: []},
	mediaType: true,
	tags: {lost: [], moved: []},
};
const partly: Comparison = {...whole, same: false, platforms: {lost: ['linux/arm64'], new: []}};

type Attempt = {attempt: number; compared: Comparison | null};

/** A repair that was approved, and the check that proves the image intact. */
function repaired(told: Told, {attempt, compared}: Attempt): Told {
	const [mend, prove] = [
		{...steps.mend, attempt},
		{...steps.prove, attempt},
	];
	const output = toJsonObject({...checkValues('intact'), comparedToOriginal: compared});
	return told
		.tell(chosen('mend', {...steps.decide, attempt}))
		.tell(begun(mend, 'write'))
		.tell(gate(mend))
		.tell(answered(mend, 'approve'))
		.tell(intended(mend))
		.tell({type: 'effect.finished', outcome: 'mended', output: {}, say: 'Mended.', ...mend})
		.tell(begun(prove, 'read', {shows: 'verdict'}))
		.tell(intended(prove))
		.tell({type: 'effect.finished', outcome: 'intact', output, say: 'Whole.', ...prove});
}

function closed(told: Told, tell = steps.tell): Told {
	return told
		.tell({type: 'step.skipped', outcome: 'told', reason: 'they know', ...tell})
		.tell(begun(steps.close, 'read'))
		.tell({type: 'answers.given', answers: {impact: 'x', noticed: 'a probe'}, ...steps.close});
}

const whereabouts = {journalFolder: '/state/one', resumeCommand: 'regmedic resume one'};

test('a repair that lost a platform never ends as fixed, whatever the page says: in part, with exit 3', () => {
	const told = closed(repaired(toldToDecide(page), {attempt: 1, compared: partly}));
	const {incident} = told;

	expect(incident.phase).toEqual({
		kind: 'stopped',
		stop: 'fixed-in-part',
		say: 'The image is intact, and the repair lost linux/arm64: it cannot be pulled for that any more.',
		unverified: false,
		closed: false,
	});
	expect(exitOf(incident)).toBe(3);
	expect(fold(told.events)).toEqual(incident);
	expect(sayEnd(incident, whereabouts).join(' ')).toContain('the repair lost linux/arm64');
	expect(postMortemOf(told.events)).toMatchObject({
		comparedToOriginal: partly,
		followUps: [{priority: 'P1', text: expect.stringContaining('for linux/arm64 again')}],
	});
});

test('a repair that lost nothing is fixed, and one that could not be compared says so', () => {
	const fixed = closed(repaired(toldToDecide(page), {attempt: 1, compared: whole}));
	const unknown = closed(repaired(toldToDecide(page), {attempt: 1, compared: null}));

	for (const {incident} of [fixed, unknown]) {
		expect(incident.phase).toMatchObject({stop: 'fixed'});
		expect(exitOf(incident)).toBe(0);
	}
	expect(postMortemOf(fixed.events)).toMatchObject({comparedToOriginal: whole, followUps: []});
	expect(postMortemOf(unknown.events)).toMatchObject({comparedToOriginal: null});
});

test('what was lost counts until a later repair brings it back', () => {
	const first = repaired(toldToDecide(page), {attempt: 1, compared: partly});
	expect(comparisonOf(first.incident)).toEqual(partly);

	const again = first
		.tell({type: 'decision.reopened', reason: 'build it in CI now'})
		.tell(begun({...steps.decide, attempt: 2}, 'read', {with: {options: [{key: 'mend'}]}}));
	const second = repaired(again, {attempt: 2, compared: whole});

	expect(closed(second, {...steps.tell, attempt: 1}).incident.phase).toMatchObject({stop: 'fixed'});
});
