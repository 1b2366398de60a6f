import {expect, test} from 'vitest';
import {OperatorError} from '../../../src/domain/errors.ts';
import {fold} from '../../../src/domain/machine/machine.ts';
import type {CommonFlags} from '../../../src/invocation.ts';
import {sayFailure} from '../../../src/say-failure.ts';
import {createMemoryJournal} from '../../support/memory-journal.ts';
import {resultOf} from '../../support/small-catalogue.ts';
import {approve, expectRefused, openAtGate, openSmallSession} from '../../support/small-session.ts';
import {smallPage} from '../../support/told-incident.ts';

const flags: CommonFlags = {json: false, color: false, plain: true, verbose: false} as CommonFlags;
const lost = () => new OperatorError('effect.unknown', 'The reply was lost.', {hint: 'Look.', exit: 'indeterminate'});

test('the intent of a write is on the disk before the write begins', async () => {
	let then: readonly string[] = [];
	const small = await openAtGate({
		conduct: {
			async run(action) {
				then = action.effect === 'read' ? then : small.types();
				return resultOf(action, action.success[0] ?? 'broken');
			},
		},
	});

	await small.session.say(approve);
	await small.until(({incident}) => incident.visits.some(({step, attempt}) => step === 'decide' && attempt === 2));
	expect(then.slice(-2)).toEqual(['gate.answered', 'effect.intended']);
});

test('a gate over an intact image wants the phrase, also where the runbook would take a word', async () => {
	const small = await openAtGate({
		change: actions =>
			actions.map(action => ({
				...action,
				gate: async () => ({
					target: 'ci.example',
					changes: [
						{
							kind: 'start-pipeline' as const,
							repository: 'acme/infra',
							branch: 'main',
							image: 'registry.example/app:1',
							writes: [{tag: '1', verdict: 'intact' as const}],
						},
					],
					undo: 'none',
					phrase: 'build acme/infra',
				}),
			})),
	});

	await small.session.say(approve);
	expect(small.session.current().incident.phase).toMatchObject({kind: 'gate', refused: 'approve'});
	expect(small.events.findLast(({type}) => type === 'gate.opened')).toMatchObject({
		phrase: 'build acme/infra',
		changes: [
			'pushes registry.example/app:1 and overwrites an intact image',
			'starts one manual pipeline of acme/infra, branch main',
		],
	});
});

test('of two rapid answers only one is taken', async () => {
	const small = await openAtGate();

	const [first, second] = await Promise.allSettled([small.session.say(approve), small.session.say(approve)]);
	await small.phase('asking');

	expect([first.status, second.status]).toEqual(['fulfilled', 'rejected']);
	expect(small.runs).toEqual(['change.mend']);
});

test.each([
	['done', {kind: 'done', outcome: 'mended', output: {}}, 'prove'],
	['not-done', {kind: 'not-done'}, 'mend'],
	['unknown', {kind: 'unknown'}, 'mend'],
] as const)('a lost reply is looked up (%s), and nothing is done twice', async (found, result, where) => {
	const small = await openAtGate({
		conduct: {
			run: async action => (action.effect === 'read' ? resultOf(action, 'broken') : Promise.reject(lost())),
			reconcile: async () => ({...result, say: 'So it is.'}),
		},
	});

	await small.session.say(approve);
	await small.until(
		({incident}) => incident.visits.some(({step}) => step === where) && small.types().includes('effect.reconciled'),
	);

	expect(small.runs).toEqual(['change.mend']);
	const {phase} = small.session.current().incident;
	expect(
		found === 'unknown' ? phase.kind : found === 'not-done' ? ['gating', 'gate'].includes(phase.kind) : 'done',
	).toBe(found === 'unknown' ? 'unsure' : found === 'not-done' ? true : 'done');
});

test('a change that is still under way is followed, with its output so far', async () => {
	const attached: unknown[] = [];
	const small = await openAtGate({
		conduct: {
			async run(action, _inputs, {attach}) {
				if (action.effect === 'read') {
					return resultOf(action, 'broken');
				}

				attached.push(attach);
				if (!attach) {
					throw lost();
				}

				return resultOf(action, 'mended');
			},
			reconcile: async () => ({kind: 'running', say: 'It runs.', output: {number: 41}}),
		},
	});

	await small.session.say(approve);
	await small.phase('asking');
	expect(attached).toEqual([undefined, {kind: 'unreadable', values: {number: 41}}]);
});

test('a change that is lost again and again is left to a person, who can have it looked up again', async () => {
	let runs = 0;
	const small = await openAtGate({
		conduct: {
			async run(action) {
				if (action.effect === 'read') {
					return resultOf(action, 'broken');
				}

				runs++;
				throw lost();
			},
			reconcile: async () => ({kind: 'running', say: 'It runs, and cannot be shown.', output: {}}),
		},
	});

	await small.session.say(approve);
	const {incident} = await small.until(({incident: {phase}}) => phase.kind === 'unsure' && phase.asked);
	expect(runs).toBe(3);

	const {step, attempt} = incident.visits.at(-1)!;
	await small.session.say({type: 'step.retried', step, attempt});
	await small.until(({incident: {phase}}) => phase.kind === 'unsure' && phase.asked && runs === 4);
});

test('a bug in a read ends the session, and the journal keeps the intent', async () => {
	const small = await openSmallSession({conduct: {run: async () => Promise.reject(new TypeError('x is undefined'))}});

	await expect(small.session.ended).rejects.toThrow('x is undefined');
	expect(small.types().at(-1)).toBe('effect.intended');
	await expect(small.session.say({type: 'note.added', text: 'x'})).rejects.toMatchObject({code: 'session.closed'});
});

test('a bug in a write leaves it in doubt: it is looked up like a lost reply', async () => {
	const small = await openAtGate({
		conduct: {
			run: async action => (action.effect === 'read' ? resultOf(action, 'broken') : Promise.reject(new TypeError('x'))),
		},
	});

	await small.session.say(approve);
	const {incident} = await small.until(view => view.incident.phase.kind === 'unsure' && view.incident.phase.asked);
	expect(incident.visits.at(-1)!.problem).toMatchObject({code: 'bug'});
});

test('a bug in looking it up leaves the outcome to a person', async () => {
	const small = await openAtGate({
		conduct: {
			run: async action => (action.effect === 'read' ? resultOf(action, 'broken') : Promise.reject(lost())),
			reconcile: async () => Promise.reject(new TypeError('no such thing')),
		},
	});
	await small.session.say(approve);
	await small.until(view => view.incident.phase.kind === 'unsure' && view.incident.phase.asked);

	await small.session.say({type: 'step.done-by-hand', outcome: 'mended', reason: 'I looked', step: 'mend', attempt: 1});
	await small.phase('asking');
	expect(small.runs).toEqual(['change.mend']);
});

test('a journal that cannot be written halts the session: no effect starts after that', async () => {
	const small = await openAtGate();
	small.journal.fails = new OperatorError('journal.full', 'The disk is full.', {hint: 'Free some.', exit: 'failed'});

	await expect(small.session.say(approve)).rejects.toMatchObject({code: 'journal.full'});
	await expect(small.session.ended).rejects.toMatchObject({code: 'journal.full'});
	delete small.journal.fails;

	expect(small.session.current().halted).toMatchObject({code: 'journal.full'});
	await expect(small.session.say(approve)).rejects.toMatchObject({code: 'session.closed'});
	expect(small.runs).toEqual([]);
});

test('a disk that is full while a change runs: the end says what goes on, where, and what was last seen of it', async () => {
	const small = await openAtGate({
		conduct: {
			async run(action, _inputs, context) {
				if (action.effect !== 'read') {
					await context.record('started', {}, 'The build was started on registry-vm.');
					small.journal.fails = new OperatorError('journal.full', 'The disk is full.', {
						hint: 'Free some.',
						exit: 'failed',
					});
				}

				return resultOf(action, action.success[0] ?? 'broken');
			},
		},
	});

	await small.session.say(approve);

	await expect(small.session.ended).rejects.toMatchObject({
		code: 'journal.full',
		exit: 'indeterminate',
		message: expect.stringMatching(
			/^The disk is full\.\n"Mend" \(.+\) may still be running \(request .+\): .+ Last seen: The build was started on registry-vm\.$/,
		),
	});
});

test('a bug while a change runs: its lines are followed by what goes on, and it is exit 8', async () => {
	const small = await openAtGate({
		conduct: {
			async run(action, _inputs, context) {
				if (action.effect !== 'read') {
					await context.record('started', {}, 'The build was started on registry-vm.');
					small.journal.fails = new TypeError('x is undefined');
				}

				return resultOf(action, action.success[0] ?? 'broken');
			},
		},
	});
	const said: string[] = [];

	await small.session.say(approve);
	const halted = await small.session.ended.catch((error: unknown) => error);

	expect(sayFailure(halted, flags, {version: '0.1.0', talk: text => void said.push(text)})).toBe(8);
	expect(said.join('')).toMatch(
		/^This is a bug in regmedic.+TypeError: x is undefined.+^"Mend" \(.+\) may still be running \(request .+Last seen: The build was started on registry-vm\.\n$/ms,
	);
});

test('an intent that cannot be written is not acted upon', async () => {
	const small = await openAtGate();
	const append = small.journal.journal.append;
	small.journal.journal.append = async event => {
		if (event.type === 'effect.intended') {
			throw new OperatorError('journal.full', 'The disk is full.', {hint: 'Free some.', exit: 'failed'});
		}

		return append(event);
	};

	await small.session.say(approve);
	await expect(small.session.ended).rejects.toMatchObject({code: 'journal.full'});
	expect(small.runs).toEqual([]);
});

test('a seal that cannot be written halts the session, and resuming writes it', async () => {
	const journal = createMemoryJournal();
	let isFull = true;
	let seals = 0;
	journal.journal.seal = async () => {
		if (isFull) {
			throw new OperatorError('journal.full', 'The disk is full.', {hint: 'Free some.', exit: 'failed'});
		}

		seals++;
	};
	const conduct = {run: async (action: never) => resultOf(action, 'intact')};
	const first = await openSmallSession({journal, conduct});
	await expect(first.session.ended).rejects.toMatchObject({code: 'journal.full'});

	isFull = false;
	const second = await openSmallSession({journal, conduct});
	await expect(second.session.ended).resolves.toMatchObject({kind: 'stopped'});
	expect(seals).toBe(1);
	expect(second.types().filter(type => type === 'incident.closed')).toHaveLength(1);
});

test('a read that takes too long has failed, and the person decides', async () => {
	const page = smallPage.replace('retry: {times: 2}', 'timeout: 20ms');
	const small = await openSmallSession({page, conduct: {run: (_action, _inputs, {signal}) => heeding(signal)}});

	const {incident} = await small.phase('asking');
	expect(incident.problem).toMatchObject({code: 'step.timeout', step: 'check'});
});

test('a write that takes too long may have happened', async () => {
	const page = smallPage.replace('action: change.mend', 'action: change.mend\ntimeout: 20ms');
	const small = await openAtGate({
		page,
		conduct: {
			run: (action, _inputs, {signal}) =>
				action.effect === 'read' ? Promise.resolve(resultOf(action, 'broken')) : heeding(signal),
		},
	});

	await small.session.say(approve);
	const {incident} = await small.until(view => view.incident.phase.kind === 'unsure' && view.incident.phase.asked);
	expect(incident.visits.at(-1)!.problem).toMatchObject({
		code: 'effect.unknown',
		message: expect.stringContaining('did not end'),
	});
});

test('leaving cancels what runs here at once, journals the reason, and ends the session', async () => {
	let stopped = false;
	const small = await openAtGate({
		conduct: {
			async run(action, _inputs, {signal}) {
				if (action.effect === 'read') {
					return resultOf(action, 'broken');
				}

				return heeding(signal).finally(() => {
					stopped = true;
				});
			},
		},
	});
	await small.session.say(approve);
	await small.phase('running');

	await small.session.leave('interrupted');
	await expect(small.session.ended).resolves.toMatchObject({kind: 'left'});

	expect(stopped).toBe(true);
	expect(small.events.at(-1)).toMatchObject({type: 'incident.left', reason: 'interrupted', actor: 'ada'});
	await expect(small.session.say({type: 'note.added', text: 'x'})).rejects.toMatchObject({code: 'session.closed'});
});

test('an answer that arrives while the person leaves starts nothing', async () => {
	const small = await openAtGate();

	await Promise.allSettled([small.session.say(approve), small.session.leave('left'), small.session.say(approve)]);
	await small.session.ended;
	await new Promise(resolve => setImmediate(resolve));

	expect(small.runs).toEqual([]);
	expect(small.types().slice(-2)).toEqual(['gate.answered', 'incident.left']);
	expect(fold(small.events)).toEqual(small.session.current().incident);
});

test('going back to decide cancels a read, and its late result is not journaled', async () => {
	const finish = Promise.withResolvers<void>();
	let called: AbortSignal | undefined;
	const small = await openSmallSession({
		conduct: {
			async run(action, _inputs, {signal}) {
				called = signal;
				await finish.promise;
				return resultOf(action, 'intact');
			},
		},
	});
	await small.phase('running');

	await small.session.say({type: 'decision.reopened', reason: 'I know enough'});
	await small.phase('asking');
	finish.resolve();
	await new Promise(resolve => setImmediate(resolve));

	expect(called!.aborted).toBe(true);
	expect(small.types()).not.toContain('effect.finished');
	expect(small.session.current().incident.verdict).toBeUndefined();
});

test('a note does not disturb the effect that is under way', async () => {
	const finish = Promise.withResolvers<void>();
	const signals: AbortSignal[] = [];
	const small = await openSmallSession({
		conduct: {
			async run(action, _inputs, {signal}) {
				signals.push(signal);
				await finish.promise;
				return resultOf(action, 'broken');
			},
		},
	});
	await small.phase('running');

	await small.session.say({type: 'note.added', text: 'the office is calling'});
	expect(signals[0]!.aborted).toBe(false);
	finish.resolve();
	const {incident} = await small.phase('asking');

	expect(signals).toHaveLength(1);
	expect(incident.notes).toMatchObject([{text: 'the office is calling', actor: 'ada'}]);
});

test('at a person’s pace a step waits for the person, and a note does not start it', async () => {
	const page = smallPage.replace('broken: decide', 'broken: prove');
	const small = await openSmallSession({page, pace: 'person'});
	await small.until(({held}) => held === 'prove');
	await small.session.say({type: 'note.added', text: 'x'});
	expect(small.session.current().held).toBe('prove');

	await Promise.all([small.session.proceed(), small.session.proceed()]);
	await small.until(({incident}) =>
		incident.visits.some(({step, endedAt}) => step === 'prove' && endedAt !== undefined),
	);
	expect(small.types().filter(type => type === 'step.started')).toHaveLength(
		3 - (small.session.current().held ? 1 : 0),
	);
});

test('a secret is in no event, no log line, no progress and no evidence; an equal keyword of the machine stays', async () => {
	const kept: string[] = [];
	const small = await openSmallSession({
		conduct: {
			async run(action, _inputs, {log, progress, record}) {
				small.redaction.add('hunter2-hunter2', 'ada');
				small.redaction.add('decide');
				log('password hunter2-hunter2');
				progress({label: 'with hunter2-hunter2'});
				await record(
					'seen',
					{header: Buffer.from('ada:hunter2-hunter2').toString('base64')},
					'hunter2-hunter2 was seen',
				);
				return {...resultOf(action, 'broken'), say: 'It said hunter2-hunter2.'};
			},
		},
	});
	small.journal.journal.keep = async (name, content) => {
		kept.push(String(content));
		return {file: name, digest: 'sha256:0' as never, bytes: 1};
	};
	await small.until(({live}) => live.progress?.label !== undefined);
	const {live} = await small.phase('asking');

	const everything = JSON.stringify([small.events, live, kept]);
	expect(everything).not.toMatch(/hunter2|YWRhOmh1bnRlcjI/);
	expect(everything).toContain('[secret]');
	expect(small.session.current().incident.phase).toEqual({kind: 'asking', step: 'decide', attempt: 1});
});

test('what JSON cannot hold is the same in the journal and on the screen', async () => {
	const small = await openSmallSession({
		conduct: {
			run: async action => ({
				...resultOf(action, 'broken'),
				output: {at: new Date(0), none: undefined, number: Number.NaN} as never,
			}),
		},
	});
	await small.phase('asking');

	expect(fold(JSON.parse(JSON.stringify(small.events)))).toStrictEqual(small.session.current().incident);
});

test('when the runbook has stopped, no event is taken, and leaving changes nothing', async () => {
	const small = await openSmallSession({conduct: {run: async action => resultOf(action, 'intact')}});
	await expect(small.session.ended).resolves.toMatchObject({kind: 'stopped'});
	const count = small.events.length;

	await small.session.leave('left');
	await expect(small.session.say({type: 'note.added', text: 'late'})).rejects.toMatchObject({code: 'session.closed'});
	expect(small.events).toHaveLength(count);
});

test('an event that a person cannot send now is refused with the reason, and is not journaled', async () => {
	const small = await openAtGate();
	const count = small.events.length;

	await expectRefused(small.session.say({type: 'choice.made', option: 'mend', step: 'decide', attempt: 1}));
	await expectRefused(small.session.say({...approve, attempt: 9}));
	await expectRefused(
		small.session.say({type: 'effect.finished', outcome: 'mended', output: {}, say: '', step: 'mend', attempt: 1}),
	);
	expect(small.events).toHaveLength(count);
});

test('a gate that cannot name its changes does not open', async () => {
	const small = await openSmallSession({
		change: actions =>
			actions.map(action => ({
				...action,
				...(action.name === 'change.mend'
					? {
							gate: async () =>
								Promise.reject(
									new OperatorError('relink.nothing', 'There is nothing to mend.', {
										hint: 'Choose another.',
										exit: 'failed',
									}),
								),
						}
					: {}),
			})),
	});
	await small.phase('asking');
	await small.session.say({type: 'choice.made', option: 'mend', step: 'decide', attempt: 1});

	const {incident} = await small.until(
		view => view.incident.phase.kind === 'asking' && view.incident.problem !== undefined,
	);
	expect(incident.problem).toMatchObject({message: 'There is nothing to mend.', hint: 'Choose another.', step: 'mend'});
});

test('of 10,000 log lines the oldest are dropped, and the last one is kept', async () => {
	const small = await openSmallSession({
		conduct: {
			async run(action, _inputs, {log}) {
				for (let line = 0; line < 10_000; line++) {
					log(`line ${line}\n`);
				}

				return resultOf(action, 'broken');
			},
		},
	});
	const {live} = await small.phase('asking');

	expect(live.lines.at(-1)).toEqual({number: 10_000, text: 'line 9999'});
	expect(live.lines).toHaveLength(5_000);
});

function heeding(signal: AbortSignal): Promise<never> {
	return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), {once: true}));
}
