import {expect, test} from 'vitest';
import type {Happening, JournalEvent, Problem} from '../../../src/domain/incident/event.ts';
import {requestId} from '../../../src/domain/incident/incident.ts';
import {exitOf} from '../../../src/domain/incident/standing.ts';
import type {Json} from '../../../src/domain/json.ts';
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

test('a gate with a phrase takes only that phrase', () => {
	const told = toldToGate('wipe 3 blobs').tell(answered(steps.mend, 'approve'));
	expect(told.incident.phase).toMatchObject({kind: 'gate', refused: 'approve'});

	told.tell(answered(steps.mend, 'wipe 3 blobs'));
	expect(told.incident.phase.kind).toBe('intending');
	expect(told.incident.visits.at(-1)!.gate!.answer).toMatchObject({approved: true, by: 'ada'});
});

test('a gate expires: an approval that is too late, or from a clock that went back, shows the gate again', () => {
	for (const afterMs of [31 * 60_000, -3_600_000]) {
		const told = toldToGate().tell(answered(steps.mend, 'approve'), afterMs);

		expect(told.incident.phase.kind).toBe('gating');
		expect(told.effects).toEqual([{kind: 'open-gate', ...steps.mend}]);
	}
});

test('declining leads back to the decision, also after the gate has expired', () => {
	for (const afterMs of [1_000, 31 * 60_000]) {
		const told = toldToGate().tell(answered(steps.mend, 'decline'), afterMs);

		expect(told.incident.phase).toEqual({kind: 'arriving', step: 'decide'});
		expect(told.incident.visits.at(-1)).toMatchObject({ended: 'declined', gate: {answer: {approved: false}}});
		expect(told.incident.changed).toBe(false);
	}
});

test('an open gate is not replaced while a person reads it', () => {
	const told = toldToGate().tell({...gate(steps.mend), target: 'another'} as Happening);

	expect(told.incident.visits.at(-1)!.gate!.target).toBe('registry.example/infra-ci');
});

test('an answer to an earlier visit approves nothing', () => {
	const told = toldToGate().tell(answered({step: 'mend', attempt: 2}, 'approve'));

	expect(told.incident.phase).toEqual({kind: 'gate', ...steps.mend});
});

test('a dry run opens no gate and assumes that the change was made; reads are real', () => {
	const told = toldToDecide(smallPage, {dryRun: true}).tell(chosen('mend')).tell(begun(steps.mend, 'write'));
	expect(told.effects).toEqual([{kind: 'assume', ...steps.mend}]);

	told.tell({type: 'effect.assumed', outcome: 'mended', say: 'Dry run.', output: {digest: null}, ...steps.mend});
	expect(told.incident).toMatchObject({phase: {kind: 'arriving', step: 'prove'}, changed: false});
	expect(told.incident.visits.at(-1)).toMatchObject({ended: 'assumed', tries: 0});

	told.tell(begun(steps.prove, 'read'));
	expect(told.effects).toMatchObject([{kind: 'intend'}]);
});

test('a read with a transient failure is retried as often as the step says, then a person decides', () => {
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

test('a write with a transient failure is never retried by itself', () => {
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

test('a lost reply is looked up first; until then no other change may start', () => {
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
] as const)('a change that is looked up and found %s', (found, phase, effect) => {
	const told = toldToRepair()
		.tell(failed(steps.mend, {indeterminate: true}))
		.tell({type: 'effect.reconciled', found, say: 'So it says.', output: {number: 7}, ...steps.mend});

	expect(told.incident.phase).toMatchObject(phase);
	expect(told.effects.map(each => each.kind)).toEqual(effect === undefined ? [] : [effect]);
});

test('after a process died a read is repeated, an approved write is shown again, and a write under way is looked up', () => {
	const resumed = {type: 'incident.resumed'} as const;
	const reading = tellIncident().tell(begun(steps.check, 'read')).tell(intended(steps.check)).tell(resumed);
	expect(reading.effects).toMatchObject([{kind: 'intend'}]);

	const approved = toldToGate().tell(answered(steps.mend, 'approve')).tell(resumed);
	expect(approved.effects).toMatchObject([{kind: 'open-gate'}]);

	expect(toldToGate().tell(resumed).effects).toMatchObject([{kind: 'open-gate'}]);
	expect(toldToRepair().tell(resumed).effects).toMatchObject([{kind: 'reconcile'}]);
	expect(toldToDecide().tell(resumed).effects).toEqual([]);
});

test('a runbook that stopped is closed when it is resumed, also when only the seal is missing', () => {
	const told = toldToDecide().tell(chosen('stop')).tell({type: 'incident.resumed'});
	expect(told.effects).toEqual([{kind: 'close'}]);

	expect(told.tell({type: 'incident.closed'}).tell({type: 'incident.resumed'}).effects).toEqual([{kind: 'close'}]);
});

test('an outcome without a route leads to the decision with the problem, and keeps the evidence', () => {
	const evidence = [{file: 'evidence/1', digest: 'sha256:1', bytes: 1}];
	const told = toldToRepair().tell({...finished(steps.mend, 'never-heard-of'), evidence} as Happening);

	expect(told.incident).toMatchObject({phase: {kind: 'arriving', step: 'decide'}, problem: {code: 'runbook.unrouted'}});
	expect(told.incident.visits.at(-1)!.evidence).toEqual(evidence);
});

test('a problem in the decision step itself waits for a person, who can retry or skip it', () => {
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

test('a person can skip, record as done by hand, go back and add a note, but only in the current visit', () => {
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

test('while a change is under way a person cannot go back to decide', () => {
	const told = toldToRepair();

	expect(refusal(told.incident, {type: 'decision.reopened', reason: 'x'})).toMatch(/under way/);
	expect(refusal(told.incident, {type: 'step.skipped', outcome: 'mended', reason: 'x', ...steps.mend})).toMatch(
		/under way/,
	);
});

test('an event of the machine is not taken from a person', () => {
	const told = toldToRepair();

	expect(refusal(told.incident, finished(steps.mend, 'mended'))).toEqual(expect.any(String));
});

test('a blocked or unknown option cannot be chosen, and no question can be left out', () => {
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

	const picking = toldToProof()
		.tell({type: 'step.skipped', outcome: 'told', reason: 'x', ...steps.tell})
		.tell(begun(steps.close, 'read', {with: {questions: {which: {type: 'pick', options: [1, 2]}}}}));
	const picked = (which: Json) => refusal(picking.incident, {type: 'answers.given', answers: {which}, ...steps.close});
	expect(picked(3)).toMatch(/not shown/);
	expect(picked([1])).toMatch(/not shown/);
	expect([picked(2), picked([])]).toEqual([undefined, undefined]);
});

test('a report that arrives after a person left the phase is late', () => {
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

test('a verified image is unknown after the next change, also after one by hand', () => {
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

test('a change that cannot affect the image leaves it verified', () => {
	const told = toldToProof()
		.tell(begun(steps.tell, 'write', {sparesImage: true}))
		.tell(gate(steps.tell))
		.tell(answered(steps.tell, 'approve'))
		.tell(intended(steps.tell));

	expect(told.incident.verdict?.verdict).toBe('intact');
});

test('so does such a change that a person made by hand', () => {
	const told = toldToProof()
		.tell(begun(steps.tell, 'write', {sparesImage: true}))
		.tell(gate(steps.tell))
		.tell({type: 'step.done-by-hand', outcome: 'told', reason: 'By phone.', ...steps.tell});

	expect(told.incident.verdict?.verdict).toBe('intact');
});

test('a later check that does not finish makes a verified image unknown', () => {
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

test('an end that a person reached by skipping is not a verified one', () => {
	const page = smallPage.replace('say: It is whole again., unverified: true', 'say: It is whole again.');
	const told = tellIncident(page)
		.tell({type: 'step.skipped', outcome: 'broken', reason: 'x', ...steps.check})
		.tell(begun(steps.decide, 'read'))
		.tell(chosen('mend'))
		.tell({type: 'step.skipped', outcome: 'mended', reason: 'A colleague did.', ...steps.mend})
		.tell({type: 'step.skipped', outcome: 'intact', reason: 'I am sure.', ...steps.prove})
		.tell({type: 'step.skipped', outcome: 'told', reason: 'x', ...steps.tell})
		.tell({type: 'step.skipped', outcome: 'answered', reason: 'x', ...steps.close});

	expect(told.incident.phase).toMatchObject({kind: 'stopped', stop: 'not-verified', unverified: true});
});

test('what a page says of its end is not said of one that was not verified', () => {
	const page = smallPage.replace('say: It is whole again., unverified: true', 'say: It is whole again.');
	const skipped = tellIncident(page).tell({type: 'step.skipped', outcome: 'intact', reason: 'x', ...steps.check});
	const checked = tellIncident(page)
		.tell(begun(steps.check, 'read', {shows: 'verdict'}))
		.tell(intended(steps.check))
		.tell(finished(steps.check, 'intact', {verdict: 'intact'}));

	expect(skipped.incident.phase).toMatchObject({
		stop: 'not-verified',
		say: 'The image was not verified: "Check" was skipped, as "intact".',
		unverified: true,
	});
	expect(checked.incident.phase).toMatchObject({stop: 'not-this', say: 'Every part answers.', unverified: false});
});

test('a check that a person skipped takes back what an earlier, lesser check has shown', () => {
	const page = smallPage
		.replace('intact: {stop: not-this, say: Every part answers.}', 'intact: prove')
		.replace('outcomes: {intact: tell,', 'outcomes: {intact: {stop: not-this, say: Every byte is right.},');
	const edge = tellIncident(page)
		.tell(begun(steps.check, 'read', {shows: 'verdict'}))
		.tell(intended(steps.check))
		.tell(finished(steps.check, 'intact', {verdict: 'intact'}));

	for (const type of ['step.skipped', 'step.done-by-hand'] as const) {
		const {incident} = edge.tell({type, outcome: 'intact', reason: 'It takes too long.', ...steps.prove});

		expect(incident).toMatchObject({verdict: {verdict: 'unknown'}, phase: {stop: 'not-verified', unverified: true}});
		expect(exitOf(incident)).toBe(8);
	}
});

test('a result replaces the problem of the try before it', () => {
	const told = toldToRepair()
		.tell(failed(steps.mend, {indeterminate: true}))
		.tell({type: 'effect.reconciled', found: 'done', outcome: 'mended', say: 'It was made.', ...steps.mend});

	expect(told.incident.visits.find(({step}) => step === 'mend')).toMatchObject({outcome: 'mended'});
	expect(told.incident.visits.find(({step}) => step === 'mend')).not.toHaveProperty('problem');
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

test('skipping the verification proves nothing, whatever outcome is recorded', () => {
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

test('an end after a change is verified only by an intact check, whatever the runbook promises', () => {
	const page = smallPage.replace('say: It is whole again., unverified: true', 'say: It is whole again.');
	const told = tellIncident(page)
		.tell({type: 'step.skipped', outcome: 'broken', reason: 'x', ...steps.check})
		.tell(begun(steps.decide, 'read'))
		.tell(chosen('hands'))
		.tell(begun(steps.hands, 'read'))
		.tell({type: 'hand.reported', outcome: 'done', ...steps.hands})
		.tell(begun(steps.close, 'read'))
		.tell({type: 'answers.given', answers: {impact: 'x'}, ...steps.close});

	expect(told.incident.phase).toMatchObject({kind: 'stopped', stop: 'not-verified', unverified: true});
});

test('the exit code says whether the image is intact, broken or unknown, or the incident open', () => {
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

test('a build that still runs keeps its request id: the next visit follows it', () => {
	const told = toldToRepair().tell(finished(steps.mend, 'late'));

	expect(requestId(told.incident, {step: 'mend', attempt: 2})).toBe(requestId(told.incident, steps.mend));
	expect(requestId(toldToRepair().tell(finished(steps.mend, 'failed')).incident, {step: 'mend', attempt: 2})).toMatch(
		/mend\.2$/,
	);
});

test('folding the journal gives the same state, also after its tail was recovered', () => {
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
