import {expect, test} from 'vitest';
import {OperatorError} from '../../../src/domain/errors.ts';
import type {HostNow} from '../../../src/domain/hold/host-now.ts';
import {fold} from '../../../src/domain/machine/machine.ts';
import {postMortemOf} from '../../../src/domain/post-mortem/post-mortem.ts';
import type {Action} from '../../../src/engine/actions/action.ts';
import {fakeClock, fakeStorage} from '../../support/fake-ports.ts';
import {hostNow, process} from '../../support/host-now.ts';
import {approve, openAtGate, openSmallSession, type SmallSession} from '../../support/small-session.ts';

const collecting = hostNow({
	processes: [process(['registry', 'garbage-collect', '-m', '/c.yml'], {pid: 812, store: 'same'})],
});

type Waiting = {small: SmallSession; looks: number; end(): void};

/** An incident at the gate of a change, on a host where a collection runs. */
async function openBesideCollection(change?: (actions: Action[]) => Action[]): Promise<Waiting> {
	let now: HostNow = collecting;
	let sleeping = Promise.withResolvers<void>();
	const waiting = {looks: 0} as Waiting;
	const clock = fakeClock();
	const storage = fakeStorage([], {
		hostNow: async () => {
			waiting.looks++;
			return now;
		},
	});
	waiting.small = await openAtGate({
		...(change && {change}),
		ports: {
			storage,
			clock: {
				...clock,
				// The collection runs until the test ends it.
				sleep: async (milliseconds, {signal}) => {
					await clock.sleep(milliseconds, {signal});
					await Promise.race([sleeping.promise, new Promise(resolve => signal.addEventListener('abort', resolve))]);
					sleeping = Promise.withResolvers();
					signal.throwIfAborted();
				},
			},
		},
	});
	waiting.end = () => {
		now = hostNow();
		sleeping.resolve();
	};
	return waiting;
}

const isWaiting = ({small}: Waiting) =>
	small.until(({incident}) => incident.visits.some(({waits}) => waits !== undefined));

test('an approved change begins only when the collection has ended, and the wait is told and journaled', async () => {
	const waiting = await openBesideCollection();
	const {small} = waiting;

	await small.session.say(approve);
	const {incident} = await isWaiting(waiting);

	expect(incident.phase.kind).toBe('intending');
	expect(small.runs).toEqual([]);
	expect(incident.visits.at(-1)?.waits).toMatchObject([
		{
			say: 'Nothing is changed while this works on the store: registry garbage-collect -m /c.yml (process 812). Waiting for its end.',
		},
	]);
	const {live} = await small.until(view => view.live.progress !== undefined);
	expect(live.progress).toEqual({label: 'waiting for the end of registry garbage-collect -m /c.yml (process 812)'});

	waiting.end();
	await small.until(view => view.incident.visits.some(({step, ended}) => step === 'mend' && ended === 'ran'));

	expect(small.runs).toEqual(['change.mend']);
	expect(waiting.looks).toBe(2);
	expect(
		small
			.types()
			.filter(type => /^(gate.answered|effect.waits|effect.intended)$/.test(type))
			.slice(-3),
	).toEqual(['gate.answered', 'effect.waits', 'effect.intended']);
	expect(fold(small.events)).toEqual(small.session.current().incident);
	expect(postMortemOf(small.events).timeline.map(({what}) => what)).toContainEqual(
		expect.stringMatching(/^Nothing is changed while/),
	);
});

test('a person need not wait: the decision is theirs again, and nothing was begun', async () => {
	const waiting = await openBesideCollection();
	await waiting.small.session.say(approve);
	await isWaiting(waiting);

	await waiting.small.session.say({type: 'decision.reopened', reason: 'it takes too long'});
	await waiting.small.phase('asking');
	waiting.end();

	expect(waiting.small.runs).toEqual([]);
	expect(waiting.small.events).not.toContainEqual(expect.objectContaining({type: 'effect.intended', step: 'mend'}));
});

test('whoever leaves while it waits has begun nothing: resuming shows the gate again', async () => {
	const waiting = await openBesideCollection();
	await waiting.small.session.say(approve);
	await isWaiting(waiting);

	await waiting.small.session.leave('left');
	const resumed = await openSmallSession({earlier: waiting.small.events});
	const {incident} = await resumed.phase('gate');

	expect(incident.visits.at(-1)).toMatchObject({step: 'mend', state: 'running'});
	expect([...waiting.small.runs, ...resumed.runs]).toEqual([]);
});

/** The gate of the change shows these, one after another; an error is one that cannot open. */
const gates =
	(...shown: (string | OperatorError)[]) =>
	(actions: Action[]) =>
		actions.map(action =>
			action.name === 'change.mend'
				? {
						...action,
						gate: async () => {
							const text = shown.length > 1 ? shown.shift()! : shown[0]!;
							if (text instanceof OperatorError) {
								throw text;
							}

							return {target: 'infra-ci', changes: [{kind: 'sentence' as const, text}], undo: 'none', phrase: 'mend'};
						},
					}
				: action,
		);

test('what was approved is looked up again after the wait: where it is another, the gate is shown again', async () => {
	const waiting = await openBesideCollection(gates('links three', 'links two'));
	const {small} = waiting;
	await small.session.say(approve);
	await isWaiting(waiting);

	waiting.end();
	const {incident} = await small.until(
		({incident: {phase, visits}}) =>
			phase.kind === 'gate' &&
			JSON.stringify(visits.at(-1)?.gate?.changes) === '[{"kind":"sentence","text":"links two"}]',
	);

	expect(incident.visits.at(-1)).toMatchObject({step: 'mend', state: 'running'});
	expect(incident.visits.at(-1)?.gate).not.toHaveProperty('answer');
	expect(small.runs).toEqual([]);
	expect(fold(small.events)).toEqual(incident);

	await small.session.say(approve);
	await small.until(view => view.incident.visits.some(({step, ended}) => step === 'mend' && ended === 'ran'));
	expect(small.runs).toEqual(['change.mend']);
});

test('a change that is not possible any more after the wait is not begun, and the decision says why', async () => {
	const gone = new OperatorError('relink.gone', 'The bytes are no longer on the disk.', {
		hint: 'Scan.',
		exit: 'failed',
	});
	const waiting = await openBesideCollection(gates('links three', gone));
	const {small} = waiting;
	await small.session.say(approve);
	await isWaiting(waiting);

	waiting.end();
	const {incident} = await small.until(({incident: {problem}}) => problem !== undefined);

	expect(incident.problem).toMatchObject({code: 'relink.gone', step: 'mend'});
	expect(small.runs).toEqual([]);
	expect(fold(small.events)).toEqual(small.session.current().incident);
});

test('one that does not end gives the decision back after half a day, with what to do', async () => {
	const small = await openAtGate({
		ports: {storage: fakeStorage([], {hostNow: async () => collecting}), clock: fakeClock()},
	});

	await small.session.say(approve);
	const {incident} = await small.until(view => view.incident.problem !== undefined);

	expect(incident.problem).toMatchObject({code: 'storage.cleaned', step: 'mend'});
	expect(small.runs).toEqual([]);
	expect(fold(small.events)).toEqual(small.session.current().incident);
});

test('a change that stores nothing is made beside it', async () => {
	const {small, ...waiting} = await openBesideCollection(actions =>
		actions.map(action => (action.name === 'change.mend' ? {...action, besideCleaners: true} : action)),
	);

	await small.session.say(approve);
	await small.until(view => view.incident.visits.some(({step, ended}) => step === 'mend' && ended === 'ran'));

	expect(small.runs).toEqual(['change.mend']);
	expect(waiting.looks).toBe(0);
});
