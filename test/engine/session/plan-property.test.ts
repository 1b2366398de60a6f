import fc from 'fast-check';
import {expect, test} from 'vitest';
import {OperatorError} from '../../../src/domain/errors.ts';
import type {Happening, JournalEvent} from '../../../src/domain/incident/event.ts';
import {currentVisit, type Incident} from '../../../src/domain/incident/incident.ts';
import {heldItems, phraseFor} from '../../../src/domain/incident/item.ts';
import {fold} from '../../../src/domain/machine/machine.ts';
import type {Ports} from '../../../src/engine/actions/action.ts';
import type {Journal} from '../../../src/engine/ports/journal.ts';
import {beginSession, resumeSession, type Session} from '../../../src/engine/session/session.ts';
import {planPage} from '../../support/plan-page.ts';
import {noSecrets} from '../../support/redacting.ts';
import {actionsOf, resultOf, smallCatalogue} from '../../support/small-catalogue.ts';
import {isSweep} from '../../support/sweep.ts';

const registry = 'registry.example';
const mend = smallCatalogue.find(({name}) => name === 'change.mend')!;

const rows = fc
	.array(fc.record({wipes: fc.boolean(), needs: fc.array(fc.nat(20), {maxLength: 2})}), {minLength: 1, maxLength: 6})
	.map(drafts =>
		drafts.map(({wipes, needs}, at) => ({
			id: `row-${at}`,
			recommended: wipes ? 'wipe' : 'mend',
			after: [...new Set(needs.filter(each => each < at).map(each => `row-${each}`))],
		})),
	);

test(
	'a session that dies at any event carries every item out at most once for a request, never without its intent, and ends',
	async () => {
		let effects = 0;
		let deaths = 0;

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
		expect(deaths).toBeGreaterThan(10);
	},
	isSweep ? 1_800_000 : 240_000,
);

function createWorld(page: string, tosses: readonly number[]) {
	const events: JournalEvent[] = [];
	const begun: {request: string; eventsThen: number}[] = [];
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

	return {
		events,
		begun,
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
				async run(action, _, {request, attach, record}) {
					if (!isAlive()) {
						return forever;
					}

					if (action.effect === 'read') {
						return resultOf(action, 'broken');
					}

					if (!attach) {
						begun.push({request, eventsThen: events.length});
					}

					switch (toss(7)) {
						case 1:
							throw new OperatorError('effect.unknown', 'Lost.', {hint: 'Look.', exit: 'indeterminate'});
						case 2:
							throw new OperatorError('step.timeout', 'Slow.', {hint: 'Wait.', exit: 'failed'});
						case 3:
							await record('begun', {number: 7}, 'It was begun.');
							throw new Error('a bug');
						case 4:
							return resultOf(action, 'late' in action.outcomes ? 'late' : action.success[0]!);
						default:
							return resultOf(action, action.success[0]!);
					}
				},
				async reconcile(action) {
					const found = (['done', 'not-done', 'running', 'unknown'] as const)[toss(4)]!;
					const say = `It is ${found}.`;
					return found === 'done'
						? {...resultOf(action, action.success[0]!), kind: found, say}
						: found === 'running'
							? {kind: found, output: {number: 7}, say}
							: {kind: found, say};
				},
			}).map(action => ({
				...action,
				atOnce: action.name === mend.name ? 3 : 1,
				async precondition() {
					const kind = (['holds', 'holds', 'holds', 'already-whole', 'changed', 'unknown'] as const)[toss(6)]!;
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
