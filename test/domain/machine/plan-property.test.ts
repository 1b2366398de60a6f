import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {Happening, JournalEvent} from '../../../src/domain/incident/event.ts';
import {currentVisit, type Incident} from '../../../src/domain/incident/incident.ts';
import {type Item, itemRequestId, phraseFor} from '../../../src/domain/incident/item.ts';
import {resolveStep} from '../../../src/domain/incident/resolve-step.ts';
import {open} from '../../../src/domain/machine/beginnings.ts';
import {type MachineEffect, pendingEffects} from '../../../src/domain/machine/effects.ts';
import {advance, comesTooLate, fold} from '../../../src/domain/machine/machine.ts';
import {refusal} from '../../../src/domain/machine/refusals.ts';
import {findStep} from '../../../src/domain/runbook/runbook.ts';
import {planPage} from '../../support/plan-page.ts';
import {isSweep} from '../../support/sweep.ts';

const registry = 'registry.example:5050';
const remedies = ['mend', 'wipe', 'tell'] as const;
const atOnceOf = {mend: 3, wipe: 1, tell: 2};

const some = (most: number) => fc.array(fc.nat(20), {maxLength: most});

/** Rows that need rows above them, that wait for them, and that are only done with one of them. */
const rows = fc
	.array(fc.record({remedy: fc.constantFrom(...remedies), needs: some(2), waits: some(1), partners: some(1)}), {
		minLength: 1,
		maxLength: 9,
	})
	.map(drafts =>
		drafts.map(({remedy, needs, waits, partners}, at) => {
			const above = (numbers: readonly number[]) => [
				...new Set(numbers.filter(each => each < at).map(each => `row-${each}`)),
			];
			const [partner] = above(partners);
			return {
				id: `row-${at}`,
				recommended: remedy,
				after: above(needs),
				waitsFor: above(waits),
				...(partner !== undefined && {onlyWith: {rows: [partner], remedies: ['mend', 'tell']}}),
			};
		}),
	);

test(
	'random plans, outcomes, kills, lost replies and words: nothing acts without its intent or twice, what does not fit leaves the world untouched, the journal tells the state, and the plan ends',
	() => {
		const seen = {
			performs: 0,
			kills: 0,
			waits: 0,
			retries: 0,
			marks: 0,
			putOff: 0,
			ends: {all: 0, some: 0, none: 0} as Record<string, number>,
		};

		fc.assert(
			fc.property(rows, fc.array(fc.noBias(fc.nat(99_999)), {minLength: 100, maxLength: 300}), (plan, tosses) => {
				const run = createRun(planPage(plan), tosses, seen);

				for (let turn = 0; turn < 150 && !run.isSpent(); turn++) {
					run.turn();
				}

				run.endWell();
				run.check();
			}),
			{...(isSweep ? {numRuns: 1_000} : {numRuns: 100, seed: 15}), endOnFailure: true},
		);
		expect(seen.performs).toBeGreaterThan(100);
		expect(seen.kills).toBeGreaterThan(50);
		expect(seen.waits).toBeGreaterThan(10);
		expect(seen.retries).toBeGreaterThan(10);
		expect(seen.marks).toBeGreaterThan(10);
		expect(seen.putOff).toBeGreaterThan(5);
		expect(Object.values(seen.ends).every(times => times > 0)).toBe(true);
	},
	isSweep ? 1_800_000 : 240_000,
);

type Seen = {
	performs: number;
	kills: number;
	waits: number;
	retries: number;
	marks: number;
	putOff: number;
	ends: Record<string, number>;
};

/** A process that carries out what the machine asks for, dies now and then, and a person who says all sorts of things. */
function createRun(page: string, tosses: readonly number[], seen: Seen) {
	const events: JournalEvent[] = [];
	const performed: {request: string; step: string; attempt: number; item: string}[] = [];
	/** Begun by this process, and not reported yet. */
	let underWay: MachineEffect[] = [];
	let next = 0;
	let time = Date.parse('2026-04-19T03:00:00.000Z');
	let isCalm = false;
	const toss = (of: number) => (isCalm ? 0 : (tosses[next++ % tosses.length] ?? 0) % of);
	const stamped = (happening: Happening): JournalEvent => {
		// Now and then an hour passes.
		time += toss(90) === 1 ? 3_700_000 : 400;
		return {at: new Date(time).toISOString(), mono: time, actor: 'ada', ...happening};
	};

	const first = stamped({
		type: 'incident.opened',
		schema: 'regmedic.journal/1',
		incident: 'i',
		version: '0',
		runbook: page,
		inputs: {image: `${registry}/app:1`},
		settings: {},
		dryRun: false,
	}) as Extract<JournalEvent, {type: 'incident.opened'}>;
	events.push(first);
	let [incident, effects] = open(first);
	carry(effects);

	function carry(more: readonly MachineEffect[]): void {
		for (const effect of more) {
			if (effect.kind === 'perform' && effect.item !== undefined && effect.attach === undefined) {
				const {request, step, attempt, item} = effect;
				performed.push({request, step, attempt, item});
				seen.performs++;
				checkBound(incident, item);
			}
		}

		underWay.push(...more);
	}

	function tell(happening: Happening): void {
		const event = stamped(happening);
		if (comesTooLate(incident, event)) {
			return;
		}

		events.push(event);
		[incident, effects] = advance(incident, event);
		carry(effects);
	}

	function say(happening: Happening): void {
		if (refusal(incident, happening) === undefined) {
			seen.retries += happening.type === 'item.retried' ? 1 : 0;
			seen.marks += happening.type === 'plan.marked' ? 1 : 0;
			tell(happening);
		}
	}

	function resume(): void {
		seen.kills++;
		underWay = [];
		tell({type: 'incident.resumed'});
		expect(new Set(underWay), 'a resumed session starts from what is pending').toEqual(
			new Set(pendingEffects(incident)),
		);
	}

	function report(): boolean {
		const effect = underWay.splice(toss(underWay.length), 1)[0];
		if (effect) {
			const happening = reportOf(effect, incident, toss);
			seen.waits += happening?.type === 'item.checked' && happening.found === 'unknown' ? 1 : 0;
			for (const each of happening ? [happening].flat() : []) {
				tell(each);
			}
		}

		return effect !== undefined;
	}

	return {
		isSpent: () => next > tosses.length,
		turn() {
			switch (toss(20)) {
				case 0:
					resume();
					break;
				case 1:
				case 2:
				case 3:
					say(wordOf(incident, toss));
					break;
				default:
					if (!report()) {
						say(wordOf(incident, toss));
					}
			}

			if (toss(8) === 0) {
				expect(incident).toEqual(fold(events));
			}
		},
		/** From here on the world answers well and the person is patient. */
		endWell() {
			isCalm = true;
			for (let turn = 0; incident.phase.kind !== 'stopped' || !incident.phase.closed; turn++) {
				expect(turn, `it ends: ${JSON.stringify(incident.phase)}`).toBeLessThan(400);
				if (!report()) {
					const word = patientWord(incident);
					expect(word, `somebody can say something: ${JSON.stringify(incident.phase)}`).toBeDefined();
					expect(refusal(incident, word!)).toBeUndefined();
					tell(word!);
				}
			}
		},
		check() {
			expect(fold(JSON.parse(JSON.stringify(events)))).toEqual(incident);
			expect(new Set(performed.map(({request}) => request)).size, 'never twice for a request').toBe(performed.length);
			for (const {request, step, attempt, item} of performed) {
				const of = events.filter(
					event => 'item' in event && event.item === item && event.step === step && event.attempt === attempt,
				);
				const intent = of.findIndex(event => event.type === 'effect.intended' && event.request === request);
				expect(intent, 'its intent is in the journal').toBeGreaterThan(-1);
				// Whoever resumes is asked again: an approval of the process before does not count.
				const earlier = events.slice(0, events.indexOf(of[intent]!));
				const since = earlier.slice(earlier.findLastIndex(({type}) => type === 'incident.resumed') + 1);
				const isOrdered = since.some(
					event => approves(event) || (event.type === 'item.retried' && event.item === item),
				);
				expect(isOrdered, 'and an approval before it, since the last resume').toBe(true);
				const before = of.slice(0, intent).findLast(({type}) => type === 'item.checked' || type === 'item.retried');
				expect(before?.type === 'item.checked' && before.found, 'what does not fit is not touched').toBeOneOf([
					false,
					undefined,
					// The gate was shown and approved again since.
					'unknown',
				]);
			}

			for (const {output} of incident.visits) {
				const putOff = output?.kind === 'plan' ? (output.putOff ?? []) : [];
				seen.putOff += putOff.length > 0 ? 1 : 0;
				const rows = output?.kind === 'plan' ? output.items.map(({row}) => row) : [];
				expect(
					putOff.filter(({row}) => rows.includes(row)),
					'what is put off is not done',
				).toEqual([]);
			}

			for (const visit of incident.visits) {
				if (visit.items && visit.outcome !== undefined && visit.ended === 'ran') {
					seen.ends[visit.outcome] = (seen.ends[visit.outcome] ?? 0) + 1;
				}
			}
		},
	};
}

function approves(event: JournalEvent): boolean {
	return event.type === 'gate.answered' && event.answer !== 'decline';
}

/** Anew, no more items of an action are under way than it allows. */
function checkBound(incident: Incident, id: string): void {
	const items = currentVisit(incident)!.items!;
	const item = items.find(each => each.id === id)!;
	const running = items.filter(({action, state}) => action === item.action && state.kind === 'running');
	expect(running.length).toBeLessThanOrEqual(item.atOnce);
	const named = (id: string) => items.find(other => other.id === id)!;
	expect(item.after.every(each => isDone(named(each)))).toBe(true);
	expect(item.onlyWith?.every(each => isFailed(named(each))) ?? false, 'what it is only done with may be done').toBe(
		false,
	);
}

function isFailed(item: Item): boolean {
	return item.state.kind === 'ended' && !isDone(item);
}

function isDone({state}: Item): boolean {
	return state.kind === 'ended' && ['done', 'already-whole', 'by-hand'].includes(state.outcome);
}

/** How what the machine asked for ends; with a toss of 0, well. */
function reportOf(effect: MachineEffect, incident: Incident, toss: (of: number) => number): Happening | undefined {
	const visit = currentVisit(incident);
	const problem = {code: 'step.timeout' as const, message: 'It is slow.', hint: 'Wait.'};
	switch (effect.kind) {
		case 'start': {
			const step = findStep(incident.runbook, effect.step)!;
			const resolved = resolveStep(incident, step);
			const stamp = {step: step.id, attempt: effect.attempt};
			const does = step.does.kind === 'apply' ? 'write' : 'read';
			return resolved.ok
				? {type: 'step.started', effect: does, with: resolved.with, success: [], ...stamp}
				: {type: 'step.blocked', problem: resolved.problem, ...stamp};
		}

		case 'prepare': {
			const {step, attempt} = effect;
			const wanted = visit?.rows?.filter(({id}) => effect.rows.includes(id)) ?? [];
			const isHard = toss(10) === 1;
			return {
				type: 'plan.prepared',
				step,
				attempt,
				prepared: isHard
					? []
					: wanted.map(({id: row, remedy}) => ({
							row,
							remedy,
							action: `change.${remedy}`,
							effect: remedy === 'wipe' ? 'destructive' : 'write',
							success: ['good'],
							atOnce: atOnceOf[remedy as keyof typeof atOnceOf],
							...(remedy === 'tell' ? {sparesImage: true as const} : {}),
							with: {},
							target: row,
							changes: [`changes ${row}`],
							plan: [{kind: 'restart', command: row}],
							undo: 'none',
							destructive: remedy === 'wipe' ? 1 : 0,
						})),
				unprepared: isHard ? wanted.map(({id: row, remedy}) => ({row, remedy, problem})) : [],
			};
		}

		case 'open-gate': {
			const {step, attempt} = effect;
			const items = visit?.items?.filter(({state}) => state.kind === 'pending') ?? [];
			const destructive = items.reduce((sum, each) => sum + each.destructive, 0);
			return {
				type: 'gate.opened',
				step,
				attempt,
				target: registry,
				changes: [],
				undo: 'as shown',
				...(destructive > 0 ? {phrase: phraseFor(destructive, registry)} : {}),
				expires: new Date(Date.parse(incident.lastAt) + 900_000).toISOString(),
				items: items.map(({id, title}) => ({id, title, changes: [], plan: [], undo: 'none', destructive: 0})),
			};
		}

		case 'begin': {
			const {step, attempt, item: id} = effect;
			const item = visit?.items?.find(each => each.id === id);
			const found = ([undefined, undefined, undefined, 'already-whole', 'changed', 'unknown', 'unknown'] as const)[
				toss(7)
			];
			return !item
				? undefined
				: found
					? {type: 'item.checked', found, say: `It is ${found}.`, step, attempt, item: id}
					: {type: 'effect.intended', request: itemRequestId(incident.id, effect, item), step, attempt, item: id};
		}

		case 'intend':
			return {type: 'effect.intended', request: 'i', step: effect.step, attempt: effect.attempt};

		case 'perform': {
			const {step, attempt, item} = effect;
			const stamp = {step, attempt, ...(item === undefined ? {} : {item})};
			if (item === undefined) {
				return {type: 'effect.failed', problem, transient: false, indeterminate: false, outcome: 'refused', ...stamp};
			}

			switch (toss(8)) {
				case 1:
					return {type: 'effect.failed', problem, transient: true, indeterminate: true, ...stamp};
				case 2:
					return {type: 'effect.failed', problem, transient: true, indeterminate: false, ...stamp};
				case 3:
					return {type: 'effect.finished', outcome: 'late', output: {number: 7}, say: 'It goes on.', ...stamp};
				case 4:
					return {type: 'effect.finished', outcome: 'bad', output: {}, say: 'It did not work.', ...stamp};
				default:
					return {type: 'effect.finished', outcome: 'good', output: {}, say: 'It worked.', ...stamp};
			}
		}

		case 'reconcile': {
			const {step, attempt, item} = effect;
			const found = (['done', 'not-done', 'running', 'unknown'] as const)[toss(4)]!;
			return {type: 'effect.reconciled', found, say: `It is ${found}.`, output: {}, step, attempt, item: item!};
		}

		case 'close':
			return {type: 'incident.closed'};

		default:
			return undefined;
	}
}

/** What a person may say, mostly sensible. */
function wordOf(incident: Incident, toss: (of: number) => number): Happening {
	const visit = currentVisit(incident);
	const stamp = {step: visit?.step ?? 'plan', attempt: (visit?.attempt ?? 1) + (toss(12) === 1 ? 1 : 0)};
	const item = visit?.items?.[toss(visit.items.length)];
	if (item && toss(4) > 0) {
		const id = item.id;
		const answer = [phraseFor(item.destructive, registry), 'approve', 'yes'][toss(3)]!;
		return (
			[
				{type: 'item.skipped', item: id, reason: 'so', ...stamp},
				{type: 'item.done-by-hand', item: id, reason: 'so', ...stamp},
				{type: 'item.retried', item: id, answer, ...stamp},
				{type: 'item.retried', item: id, answer, ...stamp},
			] as const
		)[toss(4)]!;
	}

	switch (toss(24)) {
		case 0:
			return {type: 'decision.reopened', reason: 'so'};
		case 1:
			return {type: 'step.skipped', outcome: 'some', reason: 'so', ...stamp};
		case 2:
			return {type: 'gate.answered', answer: ['decline', 'approve', 'yes'][toss(3)]!, ...stamp};
		case 3: {
			const row = visit?.rows?.[toss(visit.rows.length)]?.id ?? 'row-0';
			return {type: 'plan.chosen', rows: [row], remedy: ['leave', ...remedies][toss(4)]!, ...stamp};
		}

		case 4:
		case 6:
		case 7:
		case 8:
		case 5: {
			const row = visit?.rows?.[toss(visit.rows.length)]?.id ?? 'row-0';
			return {type: 'plan.marked', rows: [row], now: toss(4) > 0, ...stamp};
		}

		default:
			return patientWord(incident, toss(4) > 0 ? 'plan' : 'stop') ?? {type: 'note.added', text: 'still here'};
	}
}

/** What brings the incident to its end. */
function patientWord(incident: Incident, option = 'stop'): Happening | undefined {
	const {phase} = incident;
	const visit = currentVisit(incident);
	if (!visit) {
		return undefined;
	}

	const stamp = {step: visit.step, attempt: visit.attempt};
	if (phase.kind === 'gate') {
		return {type: 'gate.answered', answer: visit.gate!.phrase ?? 'approve', ...stamp};
	}

	const held = visit.items?.find(({state}) => state.kind === 'waiting' || (state.kind === 'unsure' && state.asked));
	if (held && phase.kind === 'applying') {
		return {type: 'item.retried', item: held.id, ...stamp};
	}

	if (phase.kind !== 'asking') {
		return undefined;
	}

	return visit.rows ? {type: 'plan.settled', ...stamp} : {type: 'choice.made', option, ...stamp};
}
