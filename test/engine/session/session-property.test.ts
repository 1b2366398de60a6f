import fc from 'fast-check';
import {expect, test} from 'vitest';
import {OperatorError} from '../../../src/domain/errors.ts';
import type {Happening, JournalEvent} from '../../../src/domain/incident/event.ts';
import {currentStep, currentVisit, type Incident, nextAttempt} from '../../../src/domain/incident/incident.ts';
import {isObject, type Json} from '../../../src/domain/json.ts';
import {open} from '../../../src/domain/machine/beginnings.ts';
import {pendingEffects} from '../../../src/domain/machine/effects.ts';
import {advance, fold} from '../../../src/domain/machine/machine.ts';
import type {ActionContext, ActionResult, Ports, Reconciliation} from '../../../src/engine/actions/action.ts';
import type {Journal} from '../../../src/engine/ports/journal.ts';
import {beginSession, resumeSession, type Session} from '../../../src/engine/session/session.ts';
import {generatedRunbook} from '../../support/generated-runbook.ts';
import {noSecrets} from '../../support/redacting.ts';
import {actionsOf, refused, resultOf} from '../../support/small-catalogue.ts';
import {tries} from '../../support/sweep.ts';

type Begun = {step: string; attempt: number; request: string; attached: boolean; eventsThen: number};

test('whatever happens, no write begins without its intent and its gate, none twice, and the journal tells what is on the screen', async () => {
	let writes = 0;
	let crashes = 0;
	let stops = 0;

	await fc.assert(
		fc.asyncProperty(
			generatedRunbook({mischief: true}),
			fc.array(fc.noBias(fc.nat(99_999)), {minLength: 150, maxLength: 300}),
			fc.nat(7).map(toss => toss === 7),
			async (runbook, tosses, dryRun) => {
				const world = createWorld(tosses);
				const events: JournalEvent[] = [];
				let session: Session | undefined;

				for (let turn = 0; turn < 60 && !world.isSpent(); turn++) {
					if (!session || world.isDead()) {
						crashes += session ? 1 : 0;
						session = await openSession(world, events, runbook, dryRun);
						continue;
					}

					await quiet();
					if (world.isDead()) {
						continue;
					}

					const {incident} = session.current();
					expect(incident).toEqual(fold(events));
					if (incident.phase.kind === 'stopped' && incident.phase.closed) {
						stops++;
						break;
					}

					const word = wordOf(incident, world.toss);
					const said = session.say(word).catch(error => expect(error.code).toMatch(/^session\./));
					// It may die in the middle of it.
					await Promise.race([said, quiet()]);
				}

				world.die();
				checkEveryMoment(events);
				checkWrites(events, world.begun, dryRun);
				writes += world.begun.length;
			},
		),
		{numRuns: tries(120)},
	);
	expect(writes).toBeGreaterThan(40);
	expect(crashes).toBeGreaterThan(10);
	expect(stops).toBeGreaterThan(5);
}, 120_000);

/** The state after each event is what those events alone tell, also as they stand on the disk. */
function checkEveryMoment(events: readonly JournalEvent[]): void {
	const [first, ...rest] = events as [Extract<JournalEvent, {type: 'incident.opened'}>, ...JournalEvent[]];
	if (!first) {
		return;
	}

	let live = open(first)[0];
	for (const event of rest) {
		live = advance(live, event)[0];
		const {phase} = live;
		const [resumed, effects] = advance(live, {...event, type: 'incident.resumed'});
		expect(effects, 'a resumed session starts from what is pending').toEqual(pendingEffects(resumed));
		if (phase.kind === 'stopped' && live.changed && !phase.unverified) {
			expect(live.verdict?.verdict).toBe('intact');
		}
	}

	expect(fold(JSON.parse(JSON.stringify(events)))).toEqual(live);
}

/** Told from the journal's lines alone, without the machine. */
function checkWrites(events: readonly JournalEvent[], begun: readonly Begun[], dryRun: boolean): void {
	if (dryRun) {
		expect(begun).toEqual([]);
	}

	for (const {step, attempt, eventsThen, attached, request} of begun) {
		const before = events
			.slice(0, eventsThen)
			.filter(event => 'step' in event && event.step === step && event.attempt === attempt);
		const lastIntent = before.findLastIndex(({type}) => type === 'effect.intended');
		expect(before[lastIntent], 'the intent is on the disk').toMatchObject({request});

		if (attached) {
			continue;
		}

		const answered = before.slice(0, lastIntent).findLastIndex(({type}) => type === 'gate.answered');
		const gate = before.slice(0, answered).findLast(event => event.type === 'gate.opened')!;
		const answer = before[answered] as Extract<JournalEvent, {type: 'gate.answered'}>;
		expect(answer.answer).toBe(gate.phrase ?? 'approve');
		expect(Date.parse(answer.at)).toBeLessThanOrEqual(Date.parse(gate.expires));
		// Nothing but the intent may stand between the word and the change; whoever resumes is asked again.
		const word = events.lastIndexOf(answer as JournalEvent);
		const intent = events.lastIndexOf(before[lastIntent]!);
		expect(events.slice(word, intent).map(({type}) => type)).not.toContain('incident.resumed');
		expect(before.slice(answered + 1, lastIntent)).toEqual([]);
		expect(before.slice(lastIntent + 1).filter(({type}) => type !== 'effect.progressed')).toEqual([]);
	}

	const fresh = begun.filter(({attached}) => !attached);
	for (const {step, attempt} of fresh) {
		const runs = fresh.filter(each => each.step === step && each.attempt === attempt);
		const cleared = events.filter(
			event =>
				event.type === 'effect.reconciled' &&
				event.found === 'not-done' &&
				event.step === step &&
				event.attempt === attempt,
		);
		expect(runs.length, 'once, and again only when it is known not to have happened').toBeLessThanOrEqual(
			1 + cleared.length,
		);
	}
}

/** Fate: how every run ends, when the process dies, and what time it is. */
function createWorld(tosses: readonly number[]) {
	const begun: Begun[] = [];
	let next = 0;
	let time = Date.parse('2026-04-19T03:00:00Z');
	let life = 0;
	let dead = false;
	const toss = (of: number) => (tosses[next++ % tosses.length] ?? 0) % of;
	const forever = new Promise<never>(() => {});

	return {
		begun,
		toss,
		forever,
		now: () => (time += 1 + toss(3) * 400),
		skip: (milliseconds: number) => {
			time += milliseconds;
		},
		isSpent: () => next > tosses.length,
		isDead: () => dead,
		die: () => {
			dead = true;
		},
		/** A new process; what the old one still does is without effect. */
		reborn() {
			dead = false;
			const own = ++life;
			return () => own === life && !dead;
		},
	};
}

type World = ReturnType<typeof createWorld>;

async function openSession(
	world: World,
	events: JournalEvent[],
	runbook: string,
	dryRun: boolean,
): Promise<Session | undefined> {
	const isAlive = world.reborn();
	const journal = mortalJournal(world, events, isAlive);
	const clock = {
		now: () => new Date(world.now()),
		monotonic: () => world.now(),
		sleep: async (milliseconds: number) => world.skip(milliseconds),
	};
	const ports = {clock, secrets: noSecrets} as unknown as Ports;
	const actions = actionsOf({
		run: async (action, _inputs, context) => {
			if (!isAlive()) {
				return world.forever;
			}

			if (action.effect !== 'read') {
				const {step, attempt} = events.findLast(event => event.type === 'effect.intended')!;
				const {request, attach} = context;
				world.begun.push({step, attempt, request, attached: attach !== undefined, eventsThen: events.length});
			}

			return fateOf(action, context, world);
		},
		reconcile: async (action): Promise<Reconciliation> => {
			const found = (['done', 'not-done', 'running', 'unknown'] as const)[world.toss(4)]!;
			const say = `It is ${found}.`;
			return found === 'done'
				? {...resultOf(action, action.success[0]!), kind: found, say}
				: found === 'running'
					? {kind: found, output: {number: 7}, say}
					: {kind: found, say};
		},
	});
	const options = {journal, ports, actions, actor: 'ada', pace: 'auto' as const};
	const opening = {
		type: 'incident.opened' as const,
		schema: 'regmedic.journal/1' as const,
		incident: 'i',
		version: '0',
		runbook,
		inputs: {image: 'registry.example/app:1'},
		settings: {},
		dryRun,
	};
	const begins = events.length === 0 ? beginSession(options, opening) : resumeSession(options);
	// It may die before it has opened.
	const session = await Promise.race([
		begins,
		quiet()
			.then(quiet)
			.then(() => undefined),
	]);
	session?.ended.catch(error => expect(error.message).toBe('a bug'));
	return session;
}

/** Dies now and then, before a line is on the disk or right after. */
function mortalJournal(world: World, events: JournalEvent[], isAlive: () => boolean): Journal {
	return {
		folder: '/nowhere',
		events: () => events,
		async append(event) {
			const fate = isAlive() ? world.toss(40) : 0;
			if (fate < 2) {
				if (isAlive() && fate === 1) {
					events.push(event);
				}

				if (isAlive()) {
					world.die();
				}

				return world.forever;
			}

			events.push(event);
		},
		keep: async name => ({file: name, digest: `sha256:${'0'.repeat(64)}` as never, bytes: 1}),
		seal: async () => {},
		close: async () => {},
	};
}

async function fateOf(
	action: Parameters<typeof resultOf>[0],
	{record, log}: ActionContext,
	world: World,
): Promise<ActionResult> {
	const outcomes = Object.keys(action.outcomes);
	log('It begins.');
	switch (world.toss(10)) {
		case 0:
			throw refused();
		case 1:
			throw new OperatorError('step.timeout', 'It is slow.', {hint: 'Wait.', exit: 'failed', transient: true});
		case 2:
			throw new OperatorError('effect.unknown', 'The reply was lost.', {hint: 'Look.', exit: 'indeterminate'});
		case 3:
			await record('begun', {number: 7}, 'It was begun.');
			return resultOf(action, outcomes[0]!);
		case 4:
			if (action.effect !== 'read') {
				throw new Error('a bug');
			}

			return {outcome: 'never-heard-of', output: {}, say: ''};
		default:
			return resultOf(action, outcomes[world.toss(outcomes.length)]!);
	}
}

/** What a person may say or type, mostly sensible. */
function wordOf(incident: Incident, toss: World['toss']): Happening {
	const {phase} = incident;
	const step = currentStep(incident);
	const visit = currentVisit(incident);
	const id = 'step' in phase ? phase.step : 'nowhere';
	const attempt = 'attempt' in phase ? phase.attempt : nextAttempt(incident, id);
	const stamp = {step: toss(15) === 0 ? 's1' : id, attempt: toss(15) === 0 ? attempt + 1 : attempt};
	const outcomes = Object.keys(step?.outcomes ?? {x: 1});
	const outcome = outcomes[toss(outcomes.length)]!;

	switch (toss(20)) {
		case 0:
			return {type: 'note.added', text: 'still here'};
		case 1:
			return {type: 'step.skipped', outcome, reason: 'so', ...stamp};
		case 2:
			return {type: 'step.done-by-hand', outcome, reason: 'so', ...stamp};
		case 3:
			return {type: 'decision.reopened', reason: 'so'};
		case 4:
			return {type: 'gate.answered', answer: ['approve', 'Approve', 'yes', 'decline', ''][toss(5)]!, ...stamp};
		case 5:
			return {type: 'effect.finished', outcome, output: {verdict: 'intact'}, say: 'made up', ...stamp};
		default:
	}

	switch (phase.kind) {
		case 'gate':
			return {type: 'gate.answered', answer: visit?.gate?.phrase ?? 'approve', ...stamp};
		case 'unsure':
		case 'stuck':
			return {type: 'step.retried', ...stamp};
		default:
	}

	switch (step?.does.kind) {
		case 'choose': {
			const options = (visit?.with.options ?? []) as Json[];
			const option = options[toss(Math.max(1, options.length))];
			return {type: 'choice.made', option: isObject(option) ? String(option.key) : 'none', ...stamp};
		}

		case 'by-hand':
			return {type: 'hand.reported', outcome: toss(2) === 0 ? 'done' : 'could-not', ...stamp};
		default:
			return {type: 'answers.given', answers: {word: 'w'}, ...stamp};
	}
}

/** Everything that can happen without us has happened. */
async function quiet(): Promise<void> {
	for (let round = 0; round < 3; round++) {
		await new Promise(resolve => setImmediate(resolve));
	}
}
