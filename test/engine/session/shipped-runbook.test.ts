import {readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import type {Happening, JournalEvent} from '../../../src/domain/incident/event.ts';
import {exitOf} from '../../../src/domain/incident/standing.ts';
import type {Ports} from '../../../src/engine/actions/action.ts';
import {actions} from '../../../src/engine/actions/index.ts';
import {beginSession, resumeSession, type Session, type SessionView} from '../../../src/engine/session/session.ts';
import {
	type FakeRegistry,
	fakeBuilder,
	fakeCi,
	fakeClock,
	fakeRegistry,
	image,
	lostReply,
	pipeline,
	settingsValues,
	smallManifest,
} from '../../support/fake-ports.ts';
import {createMemoryJournal} from '../../support/memory-journal.ts';
import {noSecrets} from '../../support/redacting.ts';

const runbook = readFileSync(new URL('../../../runbooks/orphan-index.md', import.meta.url), 'utf8');
const manifest = smallManifest('built');

/** A registry whose image is damaged until it is mended. */
function damaged(): FakeRegistry & {mend(): void} {
	const registry = fakeRegistry({latest: manifest, [manifest.digest]: manifest});
	const answer = {state: 'missing', status: 404, detail: 'blob unknown'} as const;
	registry.blob = async () => answer;
	return Object.assign(registry, {
		mend() {
			registry.blob = async () => ({state: 'present', status: 200});
		},
	});
}

async function lead(ports: Partial<Ports>, more: {dryRun?: boolean; earlier?: readonly JournalEvent[]} = {}) {
	const {journal, events} = createMemoryJournal(more.earlier);
	const all = {
		registry: fakeRegistry(),
		clock: fakeClock(),
		secrets: noSecrets,
		...ports,
	} as Ports;
	const options = {journal, ports: all, actions, actor: 'ada', pace: 'auto' as const};
	const session = await (more.earlier
		? resumeSession(options)
		: beginSession(options, {
				type: 'incident.opened',
				schema: 'regmedic.journal/1',
				incident: '2026-04-19-orphan-index-calm-otter',
				version: '0.1.0',
				runbook,
				inputs: {image},
				settings: {...settingsValues, fallback: 'registry-vm'},
				dryRun: more.dryRun ?? false,
			}));
	return {session, events};
}

/** At this step, where a person is asked. */
function at(session: Session, step: string, attempt = 1): Promise<SessionView> {
	return new Promise((resolve, reject) => {
		const look = () => {
			const view = session.current();
			const {phase} = view.incident;
			const isAsked = phase.kind === 'gate' || phase.kind === 'asking' || (phase.kind === 'unsure' && phase.asked);
			if (isAsked && phase.step === step && phase.attempt === attempt) {
				stop();
				resolve(view);
			}
		};
		const stop = session.subscribe(look);
		session.ended.catch(reject);
		look();
	});
}

const choose = (option: string, attempt = 1): Happening => ({type: 'choice.made', option, step: 'decide', attempt});
const approve = (step: string, attempt = 1): Happening => ({type: 'gate.answered', answer: 'approve', step, attempt});

test('a green build whose image is still broken leads back to decide, never to "done"', async () => {
	const ci = fakeCi();
	const {session} = await lead({registry: damaged(), ci, builder: fakeBuilder()});
	await at(session, 'decide');
	await session.say(choose('rebuild-ci'));
	await at(session, 'build-ci');
	await session.say(approve('build-ci'));

	const {incident} = await at(session, 'decide', 2);
	expect(incident.visits.findLast(({step}) => step === 'build-ci')).toMatchObject({outcome: 'succeeded'});
	expect(incident.verdict?.verdict).toBe('broken');
	expect((incident.visits.at(-1)!.with.options as {key: string}[])[0]!.key).toBe('rebuild-fallback');

	await session.say(choose('hand-over', 2));
	expect(exitOf((await session.ended).incident)).toBe(3);
});

test('an incident is led to a verified end: the fallback repairs the image, and the check proves it', async () => {
	const registry = damaged();
	const builder = fakeBuilder();
	const start = builder.start;
	builder.start = async (order, waiting) => {
		registry.mend();
		return start(order, waiting);
	};
	const {session} = await lead({registry, builder});
	await at(session, 'decide');
	await session.say(choose('rebuild-fallback'));
	await at(session, 'build-fallback');
	await session.say(approve('build-fallback'));
	await at(session, 'close');
	await session.say({
		type: 'answers.given',
		answers: {impact: 'all', began: 'unknown', noticed: 'unknown'},
		step: 'close',
		attempt: 1,
	});

	const {incident} = await session.ended;
	expect(incident).toMatchObject({
		phase: {kind: 'stopped', stop: 'fixed', unverified: false},
		verdict: {verdict: 'intact'},
	});
	expect(exitOf(incident)).toBe(0);
});

test('a trigger whose reply was lost is found by its id and followed: one pipeline in all', async () => {
	const registry = damaged();
	const ci = fakeCi({
		triggers: [lostReply()],
		found: [pipeline({state: 'running'})],
		pipelines: [pipeline({state: 'running'}), pipeline()],
	});
	const {session} = await lead({registry, ci});
	await at(session, 'decide');
	await session.say(choose('rebuild-ci'));
	await at(session, 'build-ci');
	await session.say(approve('build-ci'));

	const {incident} = await at(session, 'decide', 2);
	expect(incident.visits.findLast(({step}) => step === 'build-ci')).toMatchObject({outcome: 'succeeded', tries: 1});
	expect(ci.triggers).toEqual(['2026-04-19-orphan-index-calm-otter.build-ci.1']);
});

test('a pipeline that never ends blocks the fallback; chosen again it is followed, not triggered', async () => {
	const ci = fakeCi({pipelines: [pipeline({state: 'waiting'})]});
	const {session} = await lead({registry: damaged(), ci, builder: fakeBuilder()});
	await at(session, 'decide');
	await session.say(choose('rebuild-ci'));
	await at(session, 'build-ci');
	await session.say(approve('build-ci'));
	const stuck = await at(session, 'stuck-pipeline');
	expect(stuck.incident.visits.findLast(({step}) => step === 'build-ci')!.say).toContain('has waited');
	await session.say({type: 'choice.made', step: 'stuck-pipeline', attempt: 1, option: 'other'});
	await at(session, 'decide', 2);

	await expect(session.say(choose('rebuild-fallback', 2))).rejects.toMatchObject({
		code: 'session.refused',
		message: expect.stringContaining('still waits or runs'),
	});
	await session.say(choose('rebuild-ci', 2));
	const {incident} = await at(session, 'build-ci', 2);
	expect(incident.visits.at(-1)!.gate!.changes).toEqual([{kind: 'follow-pipeline', number: 41}]);
	await session.say(approve('build-ci', 2));
	await at(session, 'stuck-pipeline', 2);
	expect(ci.triggers).toHaveLength(1);
});

test('after a kill while a pipeline runs, resuming follows the same one', async () => {
	const first = fakeCi({pipelines: [pipeline({state: 'running'})]});
	const ci = {
		...first,
		pipeline: (_: string, __: number, {signal}: {signal: AbortSignal}) =>
			new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
	};
	const before = await lead({registry: damaged(), ci});
	await at(before.session, 'decide');
	await before.session.say(choose('rebuild-ci'));
	await at(before.session, 'build-ci');
	await before.session.say(approve('build-ci'));
	await new Promise<void>(resolve => {
		const stop = before.session.subscribe(
			() => before.events.some(({type}) => type === 'effect.progressed') && resolve(),
		);
		before.session.ended.finally(stop);
	});

	const second = fakeCi({found: [pipeline({state: 'running'})], pipelines: [pipeline()]});
	const after = await lead({registry: damaged(), ci: second}, {earlier: JSON.parse(JSON.stringify(before.events))});
	const {incident} = await at(after.session, 'decide', 2);

	expect([first.triggers.length, second.triggers.length]).toEqual([1, 0]);
	expect(incident.visits.findLast(({step}) => step === 'build-ci')).toMatchObject({outcome: 'succeeded'});
	await before.session.leave('left');
});

test('a dry run changes nothing, checks for real, and comes back to the decision because nothing was repaired', async () => {
	const ci = fakeCi();
	const registry = damaged();
	const {session, events} = await lead({registry, ci}, {dryRun: true});
	await at(session, 'decide');
	await session.say(choose('rebuild-ci'));
	const {incident} = await at(session, 'decide', 2);

	expect(ci.triggers).toEqual([]);
	expect(events.filter(({type}) => type === 'gate.opened')).toEqual([]);
	expect(incident.visits.find(({step}) => step === 'build-ci')).toMatchObject({
		ended: 'assumed',
		say: expect.stringMatching(/^Dry run: would change ci\.example/),
	});
	expect(incident).toMatchObject({changed: false, verdict: {verdict: 'broken'}});
});
