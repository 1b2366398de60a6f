import {expect, test} from 'vitest';
import type {Happening, PreparedItem} from '../../../src/domain/incident/event.ts';
import {type Item, outcomeOfItem} from '../../../src/domain/incident/item.ts';
import {fold} from '../../../src/domain/machine/machine.ts';
import {refusal} from '../../../src/domain/machine/refusals.ts';
import {planPage} from '../../support/plan-page.ts';
import {type Told, tellIncident} from '../../support/told-incident.ts';

const plan = {step: 'plan', attempt: 1};
const apply = {step: 'apply', attempt: 1};
const rows = [{id: 'base'}, {id: 'web', after: ['base']}, {id: 'tools', recommended: 'wipe'}];

function prepared(row: string, remedy = 'mend', more: Partial<PreparedItem> = {}): PreparedItem {
	return {
		row,
		remedy,
		action: `change.${remedy}`,
		effect: remedy === 'wipe' ? 'destructive' : 'write',
		success: [remedy === 'wipe' ? 'wiped' : 'mended'],
		atOnce: 4,
		with: {note: row},
		target: row,
		changes: [`changes ${row}`],
		plan: [{kind: 'restart', command: row}],
		undo: 'none',
		destructive: remedy === 'wipe' ? 1 : 0,
		...more,
	};
}

function begun(step: {step: string; attempt: number}, values = {}): Happening {
	return {type: 'step.started', effect: 'write', with: values, success: [], ...step};
}

/** A person looks at the plan. */
function toldToPlan(given: Parameters<typeof planPage>[0] = rows, options = {}): Told {
	return tellIncident(planPage(given), options).tell(begun(plan, {rows: given}));
}

function toldToGate(more: {[row: string]: Partial<PreparedItem>} = {}, options = {}): Told {
	return toldToPlan(rows, options)
		.tell({
			type: 'plan.prepared',
			prepared: [prepared('base', 'mend', more.base), prepared('web', 'mend', more.web), prepared('tools', 'wipe')],
			unprepared: [],
			...plan,
		})
		.tell({type: 'plan.settled', ...plan})
		.tell(begun(apply, {}));
}

function gate(told: Told): Happening {
	const items = (told.incident.visits.at(-1)!.items ?? [])
		.filter(({state}) => state.kind === 'pending')
		.map(({id, title, destructive}) => ({id, title, changes: [], plan: [], undo: 'none', destructive}));
	return {
		type: 'gate.opened',
		target: 'registry.example:5050',
		changes: [],
		undo: 'as shown',
		phrase: '1 registry.example:5050',
		expires: '2026-04-19T03:30:00.000Z',
		items,
		...apply,
	};
}

function toldToApply(more = {}): Told {
	const told = toldToGate(more);
	return told.tell(gate(told)).tell({type: 'gate.answered', answer: '1 registry.example:5050', ...apply});
}

const intended = (item: string, attempt = 1): Happening => ({
	type: 'effect.intended',
	item,
	request: `2026-04-19-small-calm-otter.apply.1.${item}.${attempt}`,
	...apply,
});
const finished = (item: string, outcome: string): Happening => ({
	type: 'effect.finished',
	item,
	outcome,
	output: {},
	say: `It is ${outcome}.`,
	...apply,
});
const failed = (item: string, indeterminate = false): Happening => ({
	type: 'effect.failed',
	item,
	problem: {code: 'step.timeout', message: 'It failed.', hint: 'Try something else.'},
	transient: true,
	indeterminate,
	...apply,
});
const itemsOf = ({incident}: Told): Item[] => incident.visits.findLast(({items}) => items)!.items!;
const outcomes = (told: Told) => itemsOf(told).map(outcomeOfItem);

test('a plan prepares the recommended remedies, and only the row whose remedy a person changes again', () => {
	const told = toldToPlan();
	expect(told.effects).toEqual([{kind: 'prepare', rows: ['base', 'web', 'tools'], ...plan}]);

	told.tell({
		type: 'plan.prepared',
		prepared: [prepared('base'), prepared('tools', 'wipe')],
		unprepared: [{row: 'web', remedy: 'mend', problem: {code: 'step.timeout', message: 'Slow.', hint: 'Wait.'}}],
		...plan,
	});
	expect(told.incident).toMatchObject({phase: {kind: 'asking'}});
	expect(told.incident.visits.at(-1)!.rows).toMatchObject([{prepared: {}}, {problem: {message: 'Slow.'}}, {}]);

	told.tell({type: 'plan.chosen', rows: ['tools'], remedy: 'tell', ...plan});
	expect(told.effects).toEqual([{kind: 'prepare', rows: ['tools'], ...plan}]);
});

test('a row without a remedy that could be prepared is left, and nothing waits for it', () => {
	const told = toldToPlan().tell({
		type: 'plan.prepared',
		prepared: [prepared('web'), prepared('tools', 'wipe')],
		unprepared: [{row: 'base', remedy: 'mend', problem: {code: 'step.timeout', message: 'Slow.', hint: 'Wait.'}}],
		...plan,
	});
	told.tell({type: 'plan.settled', ...plan});

	expect(told.incident.visits.at(-1)).toMatchObject({
		outcome: 'settled',
		say: '2 of 3 have a remedy; 1 left.',
		output: {
			kind: 'plan',
			items: [
				{id: '1', row: 'web', after: []},
				{id: '2', row: 'tools'},
			],
		},
	});
});

test('a plan without rows, or whose rows are all left, ends with nothing', () => {
	expect(toldToPlan([]).incident.visits.at(-1)).toMatchObject({outcome: 'nothing', ended: 'ran'});

	const told = toldToPlan(['a']).tell({type: 'plan.prepared', prepared: [prepared('a')], unprepared: [], ...plan});
	told.tell({type: 'plan.chosen', rows: ['a'], remedy: 'leave', ...plan}).tell({type: 'plan.settled', ...plan});
	expect(told.incident).toMatchObject({phase: {kind: 'arriving', step: 'decide'}});
});

test('rows that are marked now are planned with what they need; the others are put off, neither done nor left, and the next plan has them', () => {
	const told = toldToPlan([...rows, {id: 'docs'}]).tell({
		type: 'plan.prepared',
		prepared: [prepared('base'), prepared('web'), prepared('tools', 'wipe'), prepared('docs')],
		unprepared: [],
		...plan,
	});
	told.tell({type: 'plan.chosen', rows: ['docs'], remedy: 'leave', ...plan});
	told.tell({type: 'plan.marked', rows: ['tools', 'web'], now: true, ...plan});
	told.tell({type: 'plan.marked', rows: ['tools'], now: false, ...plan});
	expect(
		told.incident.visits
			.at(-1)!
			.rows!.filter(({now}) => now)
			.map(({id}) => id),
	).toEqual(['web']);

	told.tell({type: 'plan.settled', ...plan});
	expect(told.incident.visits.at(-1)).toMatchObject({
		outcome: 'settled',
		say: '2 of 4 now. 1 row was put off to the next plan. 1 left.',
		output: {items: [{row: 'base'}, {row: 'web', after: ['1']}], putOff: [{row: 'tools', title: 'tools'}]},
		values: {putOff: [{row: 'tools', title: 'tools'}]},
	});

	told.tell(begun(apply, {})).tell({...gate(told), phrase: 'approve'} as Happening);
	expect(told.incident.visits.at(-1)).toMatchObject({putOff: 1, items: [{row: 'base'}, {row: 'web'}]});
	told.tell({type: 'gate.answered', answer: 'approve', ...apply});
	told.tell(intended('1')).tell(finished('1', 'mended')).tell(intended('2')).tell(finished('2', 'mended'));
	expect(told.incident.visits.at(-1)!.say).toBe('2 of 2 items done. 1 row was put off to the next plan.');
	expect(fold(told.events)).toEqual(told.incident);
});

test('a row that is left, or whose changes could not be looked up, cannot be marked now, and loses its mark', () => {
	const told = toldToPlan().tell({
		type: 'plan.prepared',
		prepared: [prepared('base'), prepared('tools', 'wipe')],
		unprepared: [{row: 'web', remedy: 'mend', problem: {code: 'step.timeout', message: 'Slow.', hint: 'Wait.'}}],
		...plan,
	});
	const mark = (row: string): Happening => ({type: 'plan.marked', rows: [row], now: true, ...plan});

	expect(refusal(told.incident, mark('web'))).toMatch(/choose a remedy/);
	expect(refusal(told.incident, mark('other'))).toMatch(/no row/);
	expect(refusal(told.incident, mark('base'))).toBeUndefined();

	told.tell(mark('base')).tell({type: 'plan.chosen', rows: ['base'], remedy: 'leave', ...plan});
	expect(told.incident.visits.at(-1)!.rows!.some(({now}) => now)).toBe(false);
});

test('a remedy that is impossible, unknown, or of an unknown row is refused with its reason', () => {
	const told = toldToPlan([{id: 'a', remedies: [{remedy: 'mend', possible: false, why: 'its layers are gone'}]}]);
	const choose = (row: string, remedy: string) =>
		refusal(told.incident, {type: 'plan.chosen', rows: [row], remedy, ...plan});

	expect(choose('a', 'mend')).toMatch(/its layers are gone/);
	expect(choose('a', 'wipe')).toMatch(/not offered/);
	expect(choose('b', 'mend')).toMatch(/no row/);
	expect(choose('a', 'leave')).toBeUndefined();
});

test('nothing begins before the plan is approved, and the gate wants the number of destructive changes typed', () => {
	const told = toldToGate();
	expect(told.effects).toEqual([{kind: 'open-gate', ...apply}]);

	told.tell(gate(told)).tell({type: 'gate.answered', answer: 'approve', ...apply});
	expect(told).toMatchObject({effects: [], incident: {phase: {kind: 'gate', refused: 'approve'}}});

	told.tell({type: 'gate.answered', answer: '1 registry.example:5050', ...apply});
	expect(told.effects).toEqual([
		{kind: 'begin', item: '1', ...apply},
		{kind: 'begin', item: '3', ...apply},
	]);
});

test('an item is performed after its intent, and what needs it begins when it is done', () => {
	const told = toldToApply().tell(intended('1'));
	expect(told.effects).toEqual([
		{kind: 'perform', item: '1', request: '2026-04-19-small-calm-otter.apply.1.1.1', ...apply},
	]);
	expect(told.incident).toMatchObject({changed: true, verdict: {verdict: 'unknown'}});

	told.tell(finished('1', 'mended'));
	expect(told.effects).toEqual([{kind: 'begin', item: '2', ...apply}]);
});

test('a failure stops only what depends on it, and the step ends when nothing is left that could be done', () => {
	const told = toldToApply().tell(intended('1')).tell(intended('3')).tell(failed('1'));
	expect(told.effects).toEqual([]);
	expect(told.incident.phase.kind).toBe('applying');

	told.tell(finished('3', 'wiped'));
	expect(told.incident).toMatchObject({phase: {kind: 'arriving', step: 'prove'}});
	expect(told.incident.visits.at(-1)).toMatchObject({
		outcome: 'some',
		say: '1 of 3 items done; 1 failed; 1 left.',
		output: {kind: 'applied', done: 1, of: 3},
	});
	expect(outcomes(told)).toEqual(['failed', 'left', 'done']);
});

test.each([
	['already-whole', 'all'],
	['changed', 'some'],
	['expired', 'some'],
] as const)('a precondition that says %s leaves the world untouched', (found, outcome) => {
	const told = toldToApply().tell(intended('1')).tell(finished('1', 'mended')).tell(intended('2'));
	told.tell(finished('2', 'mended')).tell({type: 'item.checked', item: '3', found, say: 'So it is.', ...apply});

	expect(itemsOf(told)[2]).toMatchObject({requests: [], state: {kind: 'ended', outcome: found}});
	expect(told.incident.visits.at(-1)).toMatchObject({outcome});
});

test('an unknown precondition waits for a person, who has it looked up again without a new approval', () => {
	const told = toldToApply().tell({
		type: 'item.checked',
		item: '1',
		found: 'unknown',
		say: 'Nobody answers.',
		...apply,
	});
	expect(itemsOf(told)[0]!.state).toMatchObject({kind: 'waiting'});

	told.tell({type: 'item.retried', item: '1', ...apply});
	expect(told.effects).toEqual([{kind: 'begin', item: '1', ...apply}]);
});

test('a destructive item that was approved more than an hour ago is not begun', () => {
	const told = toldToApply().tell(intended('3'), 3_700_000);

	expect(outcomes(told)[2]).toBe('expired');
	expect(told.effects).toEqual([]);
});

test('a lost reply is looked up; only a person orders it again, with the words of the gate and another request id', () => {
	const told = toldToApply().tell(intended('3')).tell(failed('3', true));
	expect(told.effects).toMatchObject([{kind: 'reconcile', item: '3'}]);
	const retry: Happening = {type: 'item.retried', item: '3', ...apply};
	expect(refusal(told.incident, {type: 'item.skipped', item: '3', reason: 'x', ...apply})).toMatch(
		/may have been made/,
	);

	told.tell({type: 'effect.reconciled', item: '3', found: 'not-done', say: 'Not listed.', ...apply});
	expect(outcomes(told)[2]).toBe('failed');
	// It says nothing against the remedy: the next plan weighs it as before.
	expect(itemsOf(told)[2]!.state).toMatchObject({notSeen: true});
	expect(refusal(told.incident, retry)).toMatch(/Type exactly: 1 registry.example:5050/);
	expect(told.tell(retry).effects).toEqual([]);

	told.tell({...retry, answer: '1 registry.example:5050'} as Happening);
	expect(told.effects).toEqual([{kind: 'begin', item: '3', ...apply}]);
	expect(told.tell(intended('3')).effects).toEqual([]);
	expect(told.tell(intended('3', 2)).effects).toMatchObject([{kind: 'perform'}]);
});

test('work that goes on without regmedic is followed again under the same request', () => {
	const told = toldToApply().tell(intended('1')).tell(finished('1', 'late'));
	expect(itemsOf(told)[0]!.state).toMatchObject({kind: 'unsure', asked: true});

	told.tell({type: 'item.retried', item: '1', ...apply});
	told.tell({type: 'effect.reconciled', item: '1', found: 'running', output: {number: 7}, say: 'It runs.', ...apply});
	expect(told.effects).toMatchObject([{kind: 'perform', item: '1', attach: {number: 7}, request: /\.1\.1$/}]);
});

test('of each action only so many begin at once', () => {
	const told = toldToPlan(['a', 'b', 'c']).tell({
		type: 'plan.prepared',
		prepared: ['a', 'b', 'c'].map(row => prepared(row, 'mend', {atOnce: 2})),
		unprepared: [],
		...plan,
	});
	told
		.tell({type: 'plan.settled', ...plan})
		.tell(begun(apply))
		.tell({...gate(told), phrase: undefined} as never);
	told.tell({type: 'gate.answered', answer: 'approve', ...apply});
	expect(told.effects).toHaveLength(2);

	told.tell(intended('1')).tell(intended('2'));
	expect(told.tell(intended('3')).effects).toEqual([]);
	expect(told.tell(finished('2', 'mended')).effects).toEqual([{kind: 'begin', item: '3', ...apply}]);
});

test('whoever resumes a half-applied plan approves what has not begun, while what was under way is looked up', () => {
	const told = toldToApply().tell(intended('1')).tell({type: 'incident.resumed'});
	expect(told.effects).toMatchObject([{kind: 'open-gate'}, {kind: 'reconcile', item: '1'}]);

	told.tell({type: 'effect.reconciled', item: '1', found: 'done', say: 'It is there.', ...apply});
	expect(told.effects, 'not even what became ready').toEqual([]);
	told.tell(gate(told)).tell({type: 'gate.answered', answer: '1 registry.example:5050', ...apply});
	expect(told.effects).toMatchObject([
		{kind: 'begin', item: '2'},
		{kind: 'begin', item: '3'},
	]);
	expect(fold(told.events)).toEqual(told.incident);
});

test('declining a half-applied plan follows what is under way to its end, and begins nothing', () => {
	const told = toldToApply().tell(intended('1')).tell({type: 'incident.resumed'});
	told.tell(gate(told)).tell({type: 'gate.answered', answer: 'decline', ...apply});
	expect(told.effects).toEqual([]);

	told.tell({type: 'effect.reconciled', item: '1', found: 'done', say: 'It is there.', ...apply});
	expect(outcomes(told)).toEqual(['done', 'left', 'left']);
	expect(told.incident.phase).toMatchObject({kind: 'arriving', step: 'prove'});
});

test('declining a plan that has not begun leads back to the decision', () => {
	const told = toldToGate();
	told.tell(gate(told)).tell({type: 'gate.answered', answer: 'decline', ...apply});

	expect(told.incident).toMatchObject({phase: {kind: 'arriving', step: 'decide'}, changed: false});
});

test('a person cannot walk away from an item that is under way, and can mark the others', () => {
	const told = toldToApply().tell(intended('1'));
	expect(refusal(told.incident, {type: 'decision.reopened', reason: 'x'})).toMatch(/under way/);
	expect(refusal(told.incident, {type: 'step.skipped', outcome: 'all', reason: 'x', ...apply})).toMatch(/under way/);
	expect(refusal(told.incident, {type: 'item.skipped', item: '1', reason: 'x', ...apply})).toMatch(/under way/);

	told.tell({type: 'item.done-by-hand', item: '3', reason: 'mine', ...apply});
	told.tell({type: 'item.skipped', item: '2', reason: 'no use', ...apply}).tell(finished('1', 'mended'));
	expect(outcomes(told)).toEqual(['done', 'skipped', 'by-hand']);
	expect(refusal(told.incident, {type: 'item.retried', item: '2', answer: 'approve', ...apply})).toEqual(
		expect.any(String),
	);
});

test('a dry run assumes each item, and says where the world is not as it was planned', () => {
	const told = toldToGate({}, {dryRun: true});
	expect(told.effects).toEqual([{kind: 'assume', ...apply}]);

	told.tell({type: 'effect.assumed', item: '1', outcome: 'mended', say: 'Dry run.', ...apply});
	told.tell({type: 'effect.assumed', item: '2', outcome: 'mended', say: 'Dry run.', ...apply});
	told.tell({type: 'item.checked', item: '3', found: 'changed', say: 'It has moved.', ...apply});
	expect(told.incident).toMatchObject({changed: false, phase: {kind: 'arriving', step: 'prove'}});
	expect(outcomes(told)).toEqual(['done', 'done', 'changed']);
});
