import {expect, test} from 'vitest';
import {createWoodpecker} from '../../../src/adapters/woodpecker/woodpecker.ts';
import {OperatorError} from '../../../src/domain/errors.ts';
import {sayChange} from '../../../src/domain/incident/change.ts';
import type {ActionContext} from '../../../src/engine/actions/action.ts';
import {ciBuild} from '../../../src/engine/actions/ci-build.ts';
import {ciRestart} from '../../../src/engine/actions/ci-restart.ts';
import {type Lab, openLab} from '../../drills/ci/lab.ts';
import {contextWith, type FakeContext, fakeStorage, image as imageName, settings} from '../../support/fake-ports.ts';
import {startLossyCi} from '../../support/lossy-ci.ts';
import {createRaceClock} from '../../support/race-clock.ts';

const image = ciBuild.parse({image: imageName});
const dialects = ['2.8.3', '3.17.0'] as const;
type Race = {dialect: (typeof dialects)[number]; racers?: number; lateMs?: (number | 'never')[]; name?: string};

/** Responders with a client each, one store, and a clock that all of them share. */
async function openRace({dialect, racers = 1, lateMs = [], name = 'slow'}: Race) {
	const lab = await openLab(dialect);
	const clock = createRaceClock(lab.clock.now, racers, now => {
		lab.clock.now = now;
	});
	const lossy = await startLossyCi(lab.url, clock, lateMs);
	let holder: string | undefined;
	/** Of one process: its own connection to the host. */
	const storage = () =>
		fakeStorage([], {
			async lock(request) {
				if (holder !== undefined) {
					throw new OperatorError('storage.locked', `${holder} is changing the store.`, {
						hint: 'Wait.',
						exit: 'locked',
					});
				}

				holder = request;
				return {
					release: async () => {
						holder = undefined;
					},
				};
			},
		});
	const clients = Array.from({length: racers}, () =>
		createWoodpecker({url: lossy.url, token: async () => 'oncall', sleep: clock.sleep}),
	);
	const pipeline = {repository: `acme/${name}`, branch: 'main'};
	return {
		lab,
		lossy,
		contexts: clients.map((ci, at) =>
			contextWith(
				{ci, clock, storage: storage()},
				{
					settings: {...settings, pipeline},
					request: `incident-${at}.build-ci.1`,
					timeoutMs: 7_200_000,
					opened: new Date(lab.clock.now).toISOString(),
				},
			),
		),
		clock,
		pipelines: () => lab.repository(name).store.pipelines(),
		async [Symbol.asyncDispose]() {
			await Promise.all(clients.map(client => client.close()));
			await lossy[Symbol.asyncDispose]();
			await lab[Symbol.asyncDispose]();
		},
	};
}

async function approved(context: ActionContext): Promise<ActionContext> {
	const {changes} = await ciBuild.gate!(image, context);
	return {...context, approved: changes};
}

const starts = (lab: Lab, author: string) => lab.happens('slow', {event: 'manual', author});

for (const dialect of dialects) {
	test.each([9_000, 30_000, 59_000])(
		`${dialect}: an order whose reply was lost and whose pipeline appears %i ms later is one pipeline`,
		async late => {
			await using race = await openRace({dialect, lateMs: [late]});
			const progress: string[] = [];
			const context = {...race.contexts[0]!, progress: ({label}: {label: string}) => void progress.push(label)};

			const result = await ciBuild.run(image, await approved(context));

			expect(result).toMatchObject({outcome: 'succeeded', output: {number: 1}});
			expect(race.pipelines()).toHaveLength(1);
			expect(race.lossy.orders()).toBe(1);
			expect(progress.join('\n')).toMatch(/not seen yet; looking for it for 1 min/);
			expect(race.contexts[0]!.logged.join('\n')).toContain('It is not known whether the order arrived');
		},
	);

	test(`${dialect}: an order that is not seen in its time is looked for once more before a second one`, async () => {
		await using race = await openRace({dialect, lateMs: [90_000]});
		const [context] = race.contexts as [FakeContext];

		await expect(ciBuild.run(image, await approved(context))).rejects.toMatchObject({code: 'effect.unknown'});
		const again = {
			...context,
			recorded: context.records.map(({name, detail}) => ({name, detail})),
			again: true as const,
		};
		expect(again.recorded).toEqual([{name: 'not-seen', detail: expect.anything()}]);
		const looked = await ciBuild.reconcile!(image, again);
		expect(looked).toMatchObject({kind: 'not-done', say: expect.stringContaining('not seen yet')});
		const gate = await ciBuild.gate!(image, again);
		expect(gate.changes.flatMap(sayChange).join('\n')).toContain('starts a second manual pipeline');
		await race.clock.sleep(30_000, context);

		expect(await ciBuild.run(image, {...again, approved: gate.changes})).toMatchObject({
			outcome: 'succeeded',
			output: {number: 1},
		});
		expect(race.pipelines()).toHaveLength(1);
		expect(race.lossy.orders()).toBe(1);
	});

	test(`${dialect}: a restart whose reply was lost is looked for, and the next ones are restarted`, async () => {
		await using race = await openRace({dialect, lateMs: [59_000], name: 'mono'});
		const {lab, contexts} = race;
		const failed = [await lab.happens('mono'), await lab.happens('mono', {branch: 'next'})];
		lab.clock.now += 10_000;
		const pipelines = failed.map(({number}) => ({repository: 'acme/mono', number}));
		const [context] = contexts as [FakeContext];
		await race.clock.sleep(20_000, context);
		const {changes} = await ciRestart.gate!({pipelines}, context);

		const {outcome, output} = await ciRestart.run({pipelines}, {...context, approved: changes});

		expect(outcome).toBe('restarted');
		expect(output).toMatchObject({
			restarted: [
				{number: 1, as: 3},
				{number: 2, as: 4},
			],
		});
		expect(race.pipelines()).toHaveLength(4);
		expect(race.lossy.orders()).toBe(2);
	});

	test(`${dialect}: what somebody started is offered to be followed, with the newer commit that it does not have`, async () => {
		await using race = await openRace({dialect});
		const [context] = race.contexts as [FakeContext];
		await starts(race.lab, 'anna');
		race.lab.repository('slow').commit = () => 'eeeeeeee00000000';
		await race.clock.sleep(5_000, context);
		await race.lab.happens('slow', {commit: 'eeeeeeee00000000'});
		await race.clock.sleep(5_000, context);

		const {changes} = await ciBuild.gate!(image, context);

		expect(changes.flatMap(sayChange)).toEqual([
			'follows pipeline 1, which was started by anna 10 s ago (2026-11-28 16:00 UTC); starts nothing',
			'it builds commit d97a600a; a push to its branch since has eeeeeeee',
		]);
		expect(await ciBuild.run(image, {...context, approved: changes})).toMatchObject({output: {number: 1}});
		expect(race.lossy.orders()).toBe(0);
	});

	test(`${dialect}: what somebody started after the gate is followed, also where it has ended`, async () => {
		for (const pauseMs of [5_000, 60_000]) {
			await using race = await openRace({dialect});
			const [context] = race.contexts as [FakeContext];
			const ready = await approved(context);
			await starts(race.lab, 'anna');
			await race.clock.sleep(pauseMs, context);

			expect(await ciBuild.run(image, ready)).toMatchObject({outcome: 'succeeded', output: {number: 1}});
			expect(race.lossy.orders()).toBe(0);
		}
	});

	// The pipeline fails early: those who wait for their turn find one that has ended, too.
	test.each([
		['two responders', 2, []],
		['fifty responders, the first of whom loses the reply,', 50, [59_000]],
	])(
		`${dialect}: %s who approve the same build at once start one pipeline`,
		async (_, racers, lateMs) => {
			await using race = await openRace({dialect, racers, lateMs, name: 'selfrun'});
			const ready = await Promise.all(race.contexts.map(approved));

			const ends = await Promise.all(ready.map(context => ciBuild.run(image, context).finally(race.clock.done)));

			expect(ends.map(({output}) => output)).toEqual(ends.map(() => expect.objectContaining({number: 1})));
			expect(race.pipelines()).toHaveLength(1);
			expect(race.lossy.orders()).toBe(1);
		},
		300_000,
	);

	test(`${dialect}: five responders who approve the same restarts at once restart each pipeline once`, async () => {
		await using race = await openRace({dialect, racers: 5, name: 'mono'});
		const failed = [await race.lab.happens('mono'), await race.lab.happens('mono', {branch: 'next'})];
		await Promise.all(race.contexts.map(context => race.clock.sleep(20_000, context)));
		const pipelines = failed.map(({number}) => ({repository: 'acme/mono', number}));

		await Promise.all(
			race.contexts.map(async context => {
				const {changes} = await ciRestart.gate!({pipelines}, context);
				await ciRestart.run({pipelines}, {...context, approved: changes}).finally(race.clock.done);
			}),
		);

		expect(race.pipelines().map(({parent}) => parent)).toEqual([0, 0, 1, 2]);
	});
}

test('two items of one plan whose images one pipeline builds start it once, with a store and without', async () => {
	for (const isLocked of [true, false]) {
		await using race = await openRace({dialect: '3.17.0', racers: 2, name: 'selfrun'});
		const {storage, ...without} = race.contexts[0]!.ports;
		const ports = isLocked ? {...without, storage: storage!} : without;
		const items = await Promise.all(race.contexts.map(context => approved({...context, ports})));

		await Promise.all(items.map(context => ciBuild.run(image, context).finally(race.clock.done)));

		expect(race.lossy.orders()).toBe(1);
	}
});

test('a store that cannot be locked does not keep the CI from building, and that is said', async () => {
	await using race = await openRace({dialect: '3.17.0'});
	const [context] = race.contexts as [FakeContext];
	const down = new OperatorError('ssh.unreachable', 'registry-vm does not respond.', {
		hint: 'Look.',
		exit: 'unreachable',
	});
	const ports = {...context.ports, storage: fakeStorage([], {lock: () => Promise.reject(down)})};
	const {storage: _, ...without} = context.ports;

	expect(await ciBuild.run(image, await approved({...context, ports}))).toMatchObject({outcome: 'succeeded'});
	expect(context.logged).toContain('Nothing keeps a second person from the same order: registry-vm does not respond.');
	const {changes} = await ciBuild.gate!(image, {...context, ports: without});
	expect(changes.flatMap(sayChange).join('\n')).toContain('nothing keeps a second person from the same order');
});
