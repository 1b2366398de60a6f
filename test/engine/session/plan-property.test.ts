import fc from 'fast-check';
import {expect, test} from 'vitest';
import {OperatorError} from '../../../src/domain/errors.ts';
import type {Happening, JournalEvent} from '../../../src/domain/incident/event.ts';
import {currentVisit, type Incident} from '../../../src/domain/incident/incident.ts';
import {heldItems, phraseFor} from '../../../src/domain/incident/item.ts';
import type {JsonObject} from '../../../src/domain/json.ts';
import {fold} from '../../../src/domain/machine/machine.ts';
import type {ActionContext, Ports, Precondition} from '../../../src/engine/actions/action.ts';
import type {Journal} from '../../../src/engine/ports/journal.ts';
import {beginSession, resumeSession, type Session} from '../../../src/engine/session/session.ts';
import {planPage} from '../../support/plan-page.ts';
import {noSecrets} from '../../support/redacting.ts';
import {actionsOf, resultOf, smallCatalogue} from '../../support/small-catalogue.ts';
import {isSweep} from '../../support/sweep.ts';

const registry = 'registry.example';
const mend = smallCatalogue.find(({name}) => name === 'change.mend')!;

const rows = fc
	.array(
		fc.record({
			wipes: fc.boolean(),
			needs: fc.array(fc.nat(20), {maxLength: 2}),
			waits: fc.array(fc.nat(20), {maxLength: 1}),
			onlyWith: fc.array(fc.nat(20), {maxLength: 1}),
		}),
		{minLength: 1, maxLength: 6},
	)
	.map(drafts =>
		drafts.map(({wipes, needs, waits, onlyWith}, at) => {
			const above = (numbers: readonly number[]) => [
				...new Set(numbers.filter(each => each < at).map(each => `row-${each}`)),
			];
			const [partner] = above(onlyWith);
			return {
				id: `row-${at}`,
				recommended: wipes ? 'wipe' : 'mend',
				after: above(needs),
				waitsFor: above(waits),
				...(partner !== undefined && {onlyWith: {rows: [partner], remedies: ['mend']}}),
			};
		}),
	);

test(
	'a session that dies at any event, and loses replies, changes each thing once, never without its intent or where what it expects is gone, and ends',
	async () => {
		let effects = 0;
		let putOff = 0;
		let deaths = 0;
		let lost = 0;
		let isDone = 0;

		await fc.assert(
			fc.asyncProperty(
				rows,
				fc.array(fc.noBias(fc.nat(99_999)), {minLength: 40, maxLength: 150}),
				async (plan, tosses) => {
					const world = createWorld(planPage(plan), tosses);
					let session: Session | undefined;
					for (let turn = 0; ; turn++) {
						expect(turn, 'it ends').toBeLessThan(400);
						session = session && !world.isDead() ? session : await world.open();
						await quiet();
						if (!session || world.isDead()) {
							deaths++;
							session = undefined;
							continue;
						}

						const {incident} = session.current();
						expect(incident).toEqual(fold(world.events));
						if (incident.phase.kind === 'stopped' && incident.phase.closed) {
							break;
						}

						const word = wordOf(incident, world.toss);
						if (word) {
							await Promise.race([session.say(word).catch(error => expect(error.code).toMatch(/^session\./)), quiet()]);
						}
					}

					effects += world.begun.length;
					putOff += fold(world.events).visits.filter(({output}) => output?.kind === 'plan' && output.putOff).length;
					lost += world.lost();
					for (const [thing, times] of world.changed) {
						expect(times, `${thing} is changed once, whatever was lost, retried or planned again`).toBe(1);
					}

					for (const {with: values, state} of fold(world.events).visits.flatMap(({items = []}) => items)) {
						if (state.kind === 'ended' && (state.outcome === 'done' || state.outcome === 'already-whole')) {
							isDone++;
							expect(world.changed.get(String(values.note)), 'what is called done is done').toBe(1);
						}
					}

					const requests = world.begun.map(({request}) => request);
					expect(new Set(requests).size).toBe(requests.length);
					for (const {request, eventsThen} of world.begun) {
						expect(world.events.slice(0, eventsThen)).toContainEqual(
							expect.objectContaining({type: 'effect.intended', request}),
						);
					}

					for (const [at, event] of world.events.entries()) {
						if (event.type === 'item.checked' && event.found !== 'unknown' && event.found !== 'expired') {
							const {step, attempt, item} = event;
							const later = world.events.slice(at).filter(each => each.type === 'effect.intended');
							expect(later, 'what does not fit stays untouched').not.toContainEqual(
								expect.objectContaining({step, attempt, item}),
							);
						}
					}
				},
			),
			{...(isSweep ? {numRuns: 1_000} : {numRuns: 30, seed: 15}), endOnFailure: true},
		);
		expect(effects).toBeGreaterThan(30);
		expect(putOff, 'plans that put rows off').toBeGreaterThan(5);
		expect(deaths).toBeGreaterThan(10);
		expect(lost).toBeGreaterThan(10);
		expect(isDone).toBeGreaterThan(30);
	},
	isSweep ? 1_800_000 : 240_000,
);

function createWorld(page: string, tosses: readonly number[]) {
	const events: JournalEvent[] = [];
	const begun: {request: string; eventsThen: number}[] = [];
	/** The world: how often each thing that an item is about was changed. */
	const changed = new Map<string, number>();
	/** What was found right before the change of each request. */
	const expected = new Map<string, string>();
	let lost = 0;
	let next = 0;
	let time = Date.parse('2026-04-19T03:00:00Z');
	let life = 0;
	let dead = false;
	/** When fate is used up, all goes well. */
	const toss = (of: number) => (next < tosses.length ? tosses[next++]! % of : 0);
	const later = (milliseconds: number) => {
		time += milliseconds;
		return time;
	};
	const forever = new Promise<never>(() => {});
	const thingOf = new Map<string, string>();

	return {
		events,
		begun,
		changed,
		lost: () => lost,
		toss,
		isDead: () => dead,
		async open(): Promise<Session | undefined> {
			dead = false;
			const own = ++life;
			const isAlive = () => own === life && !dead;
			const journal: Journal = {
				folder: '/nowhere',
				events: () => events,
				async append(event) {
					const fate = isAlive() ? toss(25) : 1;
					if (fate === 1 || fate === 2) {
						if (isAlive() && fate === 2) {
							events.push(event);
						}

						dead ||= isAlive();
						return forever;
					}

					events.push(event);
				},
				keep: async name => ({file: name, digest: `sha256:${'0'.repeat(64)}` as never, bytes: 1}),
				seal: async () => {},
				close: async () => {},
			};
			const clock = {
				now: () => new Date(later(300)),
				monotonic: () => later(1),
				sleep: async () => {},
			};
			const actions = actionsOf({
				async run(action, {note}, {request, attach, record}) {
					if (!isAlive()) {
						return forever;
					}

					if (action.effect === 'read') {
						return resultOf(action, 'broken');
					}

					const thing = String(note);
					const change = () => changed.set(thing, (changed.get(thing) ?? 0) + 1);
					if (attach) {
						return resultOf(action, action.success[0]!);
					}

					begun.push({request, eventsThen: events.length});
					expect(expected.get(request), 'what it expects held right before').toBe('holds');
					switch (toss(8)) {
						case 1:
							lost++;
							change();
							throw new OperatorError('effect.unknown', 'Its reply was lost.', {hint: 'Look.', exit: 'indeterminate'});
						case 2:
							lost++;
							throw new OperatorError('effect.unknown', 'It never arrived.', {hint: 'Look.', exit: 'indeterminate'});
						case 3:
							throw new OperatorError('registry.forbidden', 'Turned down.', {hint: 'Wait.', exit: 'refused'});
						case 4:
							change();
							await record('begun', {number: 7}, 'It was begun.');
							throw new Error('a bug');
						case 5:
							change();
							return resultOf(action, 'late' in action.outcomes ? 'late' : action.success[0]!);
						default:
							change();
							return resultOf(action, action.success[0]!);
					}
				},
				// The world tells the truth, or cannot be asked.
				async reconcile(action, {request}) {
					const thing = thingOf.get(request)!;
					if (toss(4) === 1) {
						return {kind: 'unknown', say: 'It does not respond.'};
					}

					if (!changed.has(thing)) {
						return {kind: 'not-done', say: 'It was not changed.'};
					}

					return toss(3) === 1
						? {kind: 'running', output: {number: 7}, say: 'It is under way.'}
						: {...resultOf(action, action.success[0]!), kind: 'done', say: 'It was changed.'};
				},
			}).map(action => ({
				...action,
				atOnce: action.name === mend.name ? 3 : 1,
				async precondition({note}: JsonObject, {request}: ActionContext): Promise<Precondition> {
					thingOf.set(request, String(note));
					const fate = (['holds', 'holds', 'holds', 'holds', 'changed', 'unknown'] as const)[toss(6)]!;
					const kind = fate === 'holds' && changed.has(String(note)) ? ('already-whole' as const) : fate;
					expected.set(request, kind);
					return kind === 'holds' ? {kind} : {kind, say: `It is ${kind}.`};
				},
			}));
			const ports = {clock, secrets: noSecrets} as unknown as Ports;
			const options = {journal, ports, actions, actor: 'ada', pace: 'auto' as const};
			const begins =
				events.length > 0
					? resumeSession(options)
					: beginSession(options, {
							type: 'incident.opened',
							schema: 'regmedic.journal/1',
							incident: 'i',
							version: '0',
							runbook: page,
							inputs: {image: `${registry}/app:1`},
							settings: {},
							dryRun: false,
						});
			const session = await Promise.race([begins, quiet().then(() => undefined)]);
			session?.ended.catch(() => {});
			return session;
		},
	};
}

/** A patient person, who now and then skips an item, does one by hand or orders it again. */
function wordOf(incident: Incident, toss: (of: number) => number): Happening | undefined {
	const {phase} = incident;
	const visit = currentVisit(incident);
	if (!visit) {
		return undefined;
	}

	const stamp = {step: visit.step, attempt: visit.attempt};
	const any = visit.items?.[toss(visit.items.length)];
	if (any && phase.kind === 'applying') {
		const item = any.id;
		switch (toss(8)) {
			case 1:
				return {type: 'item.skipped', item, reason: 'so', ...stamp};
			case 2:
				return {type: 'item.done-by-hand', item, reason: 'so', ...stamp};
			case 3:
			case 4:
				return {type: 'item.retried', item, answer: phraseFor(any.destructive, registry), ...stamp};
			default: {
				const held = heldItems(visit.items)[0];
				return held ? {type: 'item.retried', item: held.id, ...stamp} : undefined;
			}
		}
	}

	if (phase.kind === 'gate') {
		return {type: 'gate.answered', answer: visit.gate!.phrase ?? 'approve', ...stamp};
	}

	if (phase.kind !== 'asking') {
		return undefined;
	}

	const row = visit.rows?.[toss(visit.rows.length)];
	if (row && toss(3) === 1) {
		return {type: 'plan.marked', rows: [row.id], now: toss(4) !== 1, ...stamp};
	}

	return visit.rows
		? {type: 'plan.settled', ...stamp}
		: {type: 'choice.made', option: toss(3) === 1 ? 'plan' : 'stop', ...stamp};
}

/** Everything that can happen without us has happened. */
async function quiet(): Promise<void> {
	for (let round = 0; round < 4; round++) {
		await new Promise(resolve => setImmediate(resolve));
	}
}
