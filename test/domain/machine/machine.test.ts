import {expect, test} from 'vitest';
import type {Happening, JournalEvent, Problem} from '../../../src/domain/incident/event.ts';
import {exitOf, requestId} from '../../../src/domain/incident/incident.ts';
import {comesTooLate, fold} from '../../../src/domain/machine/machine.ts';
import {refusal} from '../../../src/domain/machine/refusals.ts';
import {
	happen,
	smallPage,
	steps,
	tellIncident,
	toldToDecide,
	toldToGate,
	toldToProof,
	toldToRepair,
} from '../../support/told-incident.ts';

const {begun, intended, finished, failed, gate, answered, chosen} = happen;

test('a write begins only after its gate, and its intent comes first', () => {
	const told = toldToDecide().tell(chosen('mend')).tell(begun(steps.mend, 'write'));
	expect(told.effects).toEqual([{kind: 'open-gate', ...steps.mend}]);

	told.tell(gate(steps.mend));
	expect(told).toMatchObject({effects: [], incident: {phase: {kind: 'gate'}}});

	told.tell(answered(steps.mend, 'approve'));
	expect(told.effects).toEqual([{kind: 'intend', tries: 0, ...steps.mend}]);

	told.tell(intended(steps.mend));
	expect(told.effects).toEqual([{kind: 'perform', request: 'r.mend.1', ...steps.mend}]);
});

test.each(['yes', 'Approve', 'approve ', 'y', '', 'mend the thing'])(
	'the wrong words at a gate (%j) stay there and say so',
	words => {
		const told = toldToGate().tell(answered(steps.mend, words));

		expect(told.incident.phase).toEqual({kind: 'gate', refused: words, ...steps.mend});
		expect(told.effects).toEqual([]);
	},
);

test('where a phrase is wanted, nothing but the phrase opens the gate', () => {
	const told = toldToGate('wipe 3 blobs').tell(answered(steps.mend, 'approve'));
	expect(told.incident.phase).toMatchObject({kind: 'gate', refused: 'approve'});

	told.tell(answered(steps.mend, 'wipe 3 blobs'));
	expect(told.incident.phase.kind).toBe('intending');
	expect(told.incident.visits.at(-1)!.gate!.answer).toMatchObject({approved: true, by: 'ada'});
});

test('a gate expires: what was approved too late, or by a clock that went back, is asked again', () => {
	for (const afterMs of [31 * 60_000, -3_600_000]) {
		const told = toldToGate().tell(answered(steps.mend, 'approve'), afterMs);

		expect(told.incident.phase.kind).toBe('gating');
		expect(told.effects).toEqual([{kind: 'open-gate', ...steps.mend}]);
	}
});

test('a no leads back to decide, also when it comes late', () => {
	for (const afterMs of [1_000, 31 * 60_000]) {
		const told = toldToGate().tell(answered(steps.mend, 'decline'), afterMs);

		expect(told.incident.phase).toEqual({kind: 'arriving', step: 'decide'});
		expect(told.incident.visits.at(-1)).toMatchObject({ended: 'declined', gate: {answer: {approved: false}}});
		expect(told.incident.changed).toBe(false);
	}
});

test('an open gate is not replaced under the fingers of whoever reads it', () => {
	const told = toldToGate().tell({...gate(steps.mend), target: 'another'} as Happening);

	expect(told.incident.visits.at(-1)!.gate!.target).toBe('registry.example/infra-ci');
});

test('an answer to an earlier visit opens nothing', () => {
	const told = toldToGate().tell(answered({step: 'mend', attempt: 2}, 'approve'));

	expect(told.incident.phase).toEqual({kind: 'gate', ...steps.mend});
});

test('a dry run asks nobody and assumes that the change was made; reads are real', () => {
	const told = toldToDecide(smallPage, {dryRun: true}).tell(chosen('mend')).tell(begun(steps.mend, 'write'));
	expect(told.effects).toEqual([{kind: 'assume', ...steps.mend}]);

	told.tell({type: 'effect.assumed', outcome: 'mended', say: 'Dry run.', output: {digest: null}, ...steps.mend});
	expect(told.incident).toMatchObject({phase: {kind: 'arriving', step: 'prove'}, changed: false});
	expect(told.incident.visits.at(-1)).toMatchObject({ended: 'assumed', tries: 0});

	told.tell(begun(steps.prove, 'read'));
	expect(told.effects).toMatchObject([{kind: 'intend'}]);
});

test('a read that fails for a passing reason is made again as often as the step says, then a person decides', () => {
	const told = tellIncident().tell(begun(steps.check, 'read'));
	for (const again of [1, 2]) {
		told.tell(intended(steps.check)).tell(failed(steps.check, {transient: true}));
		expect(told.effects).toEqual([{kind: 'intend', tries: again, ...steps.check}]);
	}

	told.tell(intended(steps.check)).tell(failed(steps.check, {transient: true}));
	expect(told.incident).toMatchObject({
		phase: {kind: 'arriving', step: 'decide'},
		problem: {message: 'It failed.', hint: 'Try something else.', step: 'check'},
	});
});

test('a write that failed for a passing reason is never made again by itself', () => {
	const told = toldToRepair().tell(failed(steps.mend, {transient: true}));

	expect(told.incident.phase).toEqual({kind: 'arriving', step: 'decide'});
	expect(told.effects).toEqual([{kind: 'start', step: 'decide', attempt: 2}]);
});

test('a failure that the action has an outcome for takes its route, with the problem kept', () => {
	const told = toldToRepair().tell(failed(steps.mend, {outcome: 'refused'}));

	expect(told.incident.visits.at(-1)).toMatchObject({
		ended: 'ran',
		outcome: 'refused',
		problem: {code: 'step.timeout'},
	});
});

test('a lost reply is asked about first; until it is answered nothing else may begin', () => {
	const told = toldToRepair().tell(failed(steps.mend, {indeterminate: true}));
	expect(told.incident.phase).toMatchObject({kind: 'unsure', asked: false});
	expect(told.effects).toMatchObject([{kind: 'reconcile'}]);

	for (const word of [
		{type: 'decision.reopened', reason: 'x'},
		{type: 'step.skipped', outcome: 'mended', reason: 'x', ...steps.mend},
		answered(steps.mend, 'approve'),
	] as Happening[]) {
		expect(refusal(told.incident, word)).toEqual(expect.any(String));
	}

	expect(
		refusal(told.incident, {type: 'step.done-by-hand', outcome: 'mended', reason: 'x', ...steps.mend}),
	).toBeUndefined();
});

test.each([
	['done', {kind: 'arriving', step: 'prove'}, 'start'],
	['not-done', {kind: 'gating'}, 'open-gate'],
	['running', {kind: 'running'}, 'perform'],
	['unknown', {kind: 'unsure', asked: true}, undefined],
] as const)('the world says that a change is %s', (found, phase, effect) => {
	const told = toldToRepair()
		.tell(failed(steps.mend, {indeterminate: true}))
		.tell({type: 'effect.reconciled', found, say: 'So it says.', output: {number: 7}, ...steps.mend});

	expect(told.incident.phase).toMatchObject(phase);
	expect(told.effects.map(each => each.kind)).toEqual(effect === undefined ? [] : [effect]);
});

test('a process that died: a read is made again, an approved write is asked about again, one under way is looked up', () => {
	const resumed = {type: 'incident.resumed'} as const;
	const reading = tellIncident().tell(begun(steps.check, 'read')).tell(intended(steps.check)).tell(resumed);
	expect(reading.effects).toMatchObject([{kind: 'intend'}]);

	const approved = toldToGate().tell(answered(steps.mend, 'approve')).tell(resumed);
	expect(approved.effects).toMatchObject([{kind: 'open-gate'}]);

	expect(toldToGate().tell(resumed).effects).toMatchObject([{kind: 'open-gate'}]);
	expect(toldToRepair().tell(resumed).effects).toMatchObject([{kind: 'reconcile'}]);
	expect(toldToDecide().tell(resumed).effects).toEqual([]);
});

test('a runbook that stopped is closed by whoever resumes, also when only the seal is missing', () => {
	const told = toldToDecide().tell(chosen('stop')).tell({type: 'incident.resumed'});
	expect(told.effects).toEqual([{kind: 'close'}]);

	expect(told.tell({type: 'incident.closed'}).tell({type: 'incident.resumed'}).effects).toEqual([{kind: 'close'}]);
});

test('an outcome the runbook does not know leads to decide with what is wrong, and keeps the evidence', () => {
	const evidence = [{file: 'evidence/1', digest: 'sha256:1', bytes: 1}];
	const told = toldToRepair().tell({...finished(steps.mend, 'never-heard-of'), evidence} as Happening);

	expect(told.incident).toMatchObject({phase: {kind: 'arriving', step: 'decide'}, problem: {code: 'runbook.unrouted'}});
	expect(told.incident.visits.at(-1)!.evidence).toEqual(evidence);
});

test('a surprise in the step in which surprises are decided stands still and can be tried again or skipped', () => {
	const problem: Problem = {code: 'runbook.value-missing', message: 'Missing.', hint: 'Go back.'};
	const told = tellIncident()
		.tell({type: 'step.blocked', problem, ...steps.check})
		.tell({type: 'step.blocked', problem, ...steps.decide});
	expect(told.incident.phase).toEqual({kind: 'stuck', ...steps.decide});

	expect(refusal(told.incident, {type: 'step.retried', ...steps.decide})).toBeUndefined();
	const skip: Happening = {type: 'step.skipped', outcome: 'stop', reason: 'no use', ...steps.decide};
	expect(refusal(told.incident, skip)).toBeUndefined();
	told.tell(skip);
	expect(told.incident.phase).toMatchObject({kind: 'stopped', stop: 'handed-over'});
	expect(told.incident.visits.at(-1)).toMatchObject({ended: 'skipped', outcome: 'stop', problem});
});

test('a person can skip, mark as done, go back and note, but not in a visit that is not now', () => {
	const told = toldToGate();
	const skip = {type: 'step.skipped', outcome: 'mended', reason: 'x'} as const;

	expect(refusal(told.incident, {...skip, ...steps.mend})).toBeUndefined();
	expect(refusal(told.incident, {...skip, step: 'mend', attempt: 2})).toEqual(expect.any(String));
	expect(refusal(told.incident, {...skip, ...steps.check})).toEqual(expect.any(String));
	expect(refusal(told.incident, {...skip, ...steps.mend, outcome: 'nonsense'})).toEqual(expect.any(String));
	expect(refusal(told.incident, {type: 'decision.reopened', reason: 'x'})).toBeUndefined();
	expect(refusal(told.incident, {type: 'note.added', text: 'x'})).toBeUndefined();
	expect(told.tell({type: 'note.added', text: 'x'}).incident).toMatchObject({
		phase: {kind: 'gate'},
		notes: [{text: 'x', actor: 'ada'}],
	});
});

test('while a change is under way it cannot be turned away from', () => {
	const told = toldToRepair();

	expect(refusal(told.incident, {type: 'decision.reopened', reason: 'x'})).toMatch(/under way/);
	expect(refusal(told.incident, {type: 'step.skipped', outcome: 'mended', reason: 'x', ...steps.mend})).toMatch(
		/under way/,
	);
});

test('what only the machine reports is not taken from a person', () => {
	const told = toldToRepair();

	expect(refusal(told.incident, finished(steps.mend, 'mended'))).toEqual(expect.any(String));
});

test('an option that is shown as impossible, or not shown, cannot be taken; a question cannot be left out', () => {
	const told = tellIncident().tell({...begun(steps.decide, 'read'), step: 'check'} as Happening);
	expect(refusal(told.incident, chosen('mend'))).toMatch(/No choice is open/);

	const deciding = toldToDecide();
	expect(refusal(deciding.incident, chosen('nonsense'))).toMatch(/not offered/);

	const asked = toldToProof()
		.tell({type: 'step.skipped', outcome: 'told', reason: 'x', ...steps.tell})
		.tell(begun(steps.close, 'read', {with: {questions: {which: {type: 'tick', options: [1, 2]}}}}));
	expect(refusal(asked.incident, {type: 'answers.given', answers: {}, ...steps.close})).toMatch(/no answer/);
	expect(refusal(asked.incident, {type: 'answers.given', answers: {which: [3]}, ...steps.close})).toMatch(/not shown/);
	expect(refusal(asked.incident, {type: 'answers.given', answers: {which: [2]}, ...steps.close})).toBeUndefined();
});

test('a report that comes after a person turned elsewhere is known to be late', () => {
	const told = tellIncident().tell(begun(steps.check, 'read')).tell(intended(steps.check));
	const late = {
		at: '2026-04-19T04:00:00Z',
		mono: 1,
		actor: 'regmedic',
		...finished(steps.check, 'intact', {verdict: 'intact'}),
	};
	expect(comesTooLate(told.incident, late)).toBe(false);

	told.tell({type: 'decision.reopened', reason: 'x'});
	expect(comesTooLate(told.incident, late)).toBe(true);
});

test('a proof holds until the next change, and a change by hand unproves as well', () => {
	expect(toldToProof().incident).toMatchObject({verdict: {verdict: 'intact'}, changed: true});
	expect(toldToRepair().incident.verdict?.verdict).toBe('unknown');

	const again = {step: 'decide', attempt: 2};
	const hands = toldToProof()
		.tell({type: 'decision.reopened', reason: 'x'})
		.tell(begun(again, 'read'))
		.tell(chosen('hands', again))
		.tell(begun(steps.hands, 'read'))
		.tell({type: 'hand.reported', outcome: 'done', ...steps.hands});
	expect(hands.incident.verdict?.verdict).toBe('unknown');
});

test('a change that cannot touch the image leaves the proof', () => {
	const told = toldToProof()
		.tell(begun(steps.tell, 'write', {sparesImage: true}))
		.tell(gate(steps.tell))
		.tell(answered(steps.tell, 'approve'))
		.tell(intended(steps.tell));

	expect(told.incident.verdict?.verdict).toBe('intact');
});

test('nor does one that a person made by hand', () => {
	const told = toldToProof()
		.tell(begun(steps.tell, 'write', {sparesImage: true}))
		.tell(gate(steps.tell))
		.tell({type: 'step.done-by-hand', outcome: 'told', reason: 'By phone.', ...steps.tell});

	expect(told.incident.verdict?.verdict).toBe('intact');
});

test('a later check that does not come to its end leaves no older proof standing', () => {
	const again = {step: 'prove', attempt: 2};
	const checking = () =>
		toldToProof()
			.tell({type: 'decision.reopened', reason: 'x'})
			.tell(begun({step: 'decide', attempt: 2}, 'read'))
			.tell(chosen('mend', {step: 'decide', attempt: 2}))
			.tell({type: 'step.skipped', outcome: 'mended', reason: 'x', step: 'mend', attempt: 2})
			.tell(begun(again, 'read', {shows: 'verdict'}))
			.tell(intended(again));
	const ends: Happening[] = [
		failed(again, {outcome: 'refused'}),
		failed(again),
		finished(again, 'refused'),
		{type: 'decision.reopened', reason: 'It takes too long.'},
	];

	for (const end of ends) {
		const handedOver = checking()
			.tell(end)
			.tell(begun({step: 'decide', attempt: 3}, 'read'))
			.tell(chosen('stop', {step: 'decide', attempt: 3}));

		expect(handedOver.incident.phase.kind).toBe('stopped');
		expect(exitOf(handedOver.incident)).toBe(8);
	}

	expect(checking().tell(finished(again, 'intact', {verdict: 'intact'})).incident.verdict?.verdict).toBe('intact');
});

test('an end that was reached on a person’s word alone is not a verified one', () => {
	const page = smallPage.replace('say: It is whole again., unverified: true', 'say: It is whole again.');
	const told = tellIncident(page)
		.tell({type: 'step.skipped', outcome: 'broken', reason: 'x', ...steps.check})
		.tell(begun(steps.decide, 'read'))
		.tell(chosen('mend'))
		.tell({type: 'step.skipped', outcome: 'mended', reason: 'A colleague did.', ...steps.mend})
		.tell({type: 'step.skipped', outcome: 'intact', reason: 'I am sure.', ...steps.prove})
		.tell({type: 'step.skipped', outcome: 'told', reason: 'x', ...steps.tell})
		.tell({type: 'step.skipped', outcome: 'answered', reason: 'x', ...steps.close});

	expect(told.incident.phase).toMatchObject({kind: 'stopped', stop: 'fixed', unverified: true});
});

test('a journal of another version is refused with the version that can read it', () => {
	const opened = tellIncident().events[0] as Extract<JournalEvent, {type: 'incident.opened'}>;
	const others = [{schema: 'regmedic.journal/2'}, {runbook: smallPage.replace('choose:', 'vote:')}];

	for (const other of others) {
		expect(() => fold([{...opened, ...other} as JournalEvent])).toThrow(
			expect.objectContaining({code: 'journal.foreign', message: expect.stringContaining('regmedic 0.1.0')}),
		);
	}
});

test('to skip the verification proves nothing, whatever it is skipped as', () => {
	for (const type of ['step.skipped', 'step.done-by-hand'] as const) {
		const told = toldToRepair()
			.tell(finished(steps.mend, 'mended'))
			.tell({type, outcome: 'intact', reason: 'I am sure', ...steps.prove})
			.tell({type: 'step.skipped', outcome: 'told', reason: 'x', ...steps.tell})
			.tell({type: 'step.skipped', outcome: 'answered', reason: 'x', ...steps.close});

		expect(told.incident).toMatchObject({verdict: {verdict: 'unknown'}, phase: {kind: 'stopped', unverified: true}});
		expect(exitOf(told.incident)).toBe(8);
	}
});

test('an end after a change is a verified one only with a proof, whatever the runbook promises', () => {
	const page = smallPage.replace('say: It is whole again., unverified: true', 'say: It is whole again.');
	const told = tellIncident(page)
		.tell({type: 'step.skipped', outcome: 'broken', reason: 'x', ...steps.check})
		.tell(begun(steps.decide, 'read'))
		.tell(chosen('hands'))
		.tell(begun(steps.hands, 'read'))
		.tell({type: 'hand.reported', outcome: 'done', ...steps.hands})
		.tell(begun(steps.close, 'read'))
		.tell({type: 'answers.given', answers: {impact: 'x'}, ...steps.close});

	expect(told.incident.phase).toMatchObject({kind: 'stopped', stop: 'fixed', unverified: true});
});

test('the exit code says how it stands: proven, broken, unknown, open', () => {
	const stopped = (verdict?: 'intact' | 'broken' | 'unknown') => ({
		...toldToDecide().tell(chosen('stop')).incident,
		verdict: verdict && {verdict, at: ''},
	});

	expect(exitOf(stopped('intact') as never)).toBe(0);
	expect(exitOf(stopped('broken') as never)).toBe(3);
	expect(exitOf(stopped('unknown') as never)).toBe(8);
	expect(exitOf(stopped() as never)).toBe(1);
	expect(exitOf(toldToProof().incident)).toBe(8);
});

test('a build that still runs keeps its name in the world: the next visit takes it up', () => {
	const told = toldToRepair().tell(finished(steps.mend, 'late'));

	expect(requestId(told.incident, {step: 'mend', attempt: 2})).toBe(requestId(told.incident, steps.mend));
	expect(requestId(toldToRepair().tell(finished(steps.mend, 'failed')).incident, {step: 'mend', attempt: 2})).toMatch(
		/mend\.2$/,
	);
});

test('the journal alone tells the same state, also when its tail was recovered', () => {
	const {events, incident} = toldToProof();
	const recovered = {
		at: '2026-04-19T05:00:00Z',
		mono: 0,
		actor: 'regmedic',
		type: 'journal.recovered' as const,
		lostBytes: 3,
		file: 'x',
	};

	expect(fold(JSON.parse(JSON.stringify(events)))).toEqual(incident);
	expect(fold([...events, recovered])).toEqual(incident);
});

test('a journal without an event says that nothing was done', () => {
	expect(() => fold([])).toThrow(expect.objectContaining({code: 'journal.empty'}));
});
