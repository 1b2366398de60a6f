import {describe, expect, it} from 'vitest';
import {readJournal} from '../../src/adapters/journal/events-file.ts';
import {openLogin} from '../support/cli.ts';
import {type Ending, readEnding} from '../support/ending.ts';
import {exactLabels, labelOf} from '../support/event-label.ts';
import {dieAtEvent, killAndResume, type Moment} from '../support/killed-drill.ts';
import {isSweep} from '../support/sweep.ts';

const timeout = isSweep ? 3_600_000 : 400_000;

/**
 * Only a real process leaves a line half written, a lock whose holder is dead, and ports and a world to open again. In
 * death.test.ts processes in memory die at every event; REGMEDIC_SWEEP=1 also kills a real process at every event.
 */
const samples: [scenario: string, journeys: Moment[][]][] = [
	['garbage-day', [['before:pipeline apply'], ['after:effect.intended apply'], ['torn:effect.finished apply']]],
	['orphan-index', [['before:pipeline build-ci', 'after:restarting restart-pipelines']]],
	['orphan-index-ci-down', [['torn:gate.answered build-fallback', 'before:effect.finished build-fallback']]],
];
const moreSamples: typeof samples = [
	// Where the machine is busy, this one has ended as `no-damage`: what the plan ordered was pushed while it was given up.
	['garbage-day', [['before:pipeline apply', 'after:effect.intended apply', 'torn:effect.finished apply']]],
	[
		'orphan-index',
		[['before:effect.finished diagnose', 'after:effect.intended build-ci', 'before:restarted restart-pipelines']],
	],
	['child-unlinked', [['after:gate.answered relink', 'torn:relinked relink']]],
];

/** The speed at which garbage-day’s colleague still builds when the plan is made, also on a busy machine. */
const dayPace = 4;

/** Of garbage-day, where a person suspends the next cleaner before the plan: what happens from then on to the suspension. */
const holdMoments = [
	'hold.asked',
	...eventsOfStep('hold'),
	...eventsOfStep('suspend', 'gate.opened', 'gate.answered'),
].flatMap((label): Moment[] => [`before:${label}`, `after:${label}`]);

function eventsOfStep(step: string, ...gate: string[]): string[] {
	return ['step.started', ...gate, 'effect.intended', 'effect.finished'].map(type => `${type} ${step}`);
}

type Told = {seq: number; label: string; exact: string; writes: boolean};

/** A run that nothing disturbs: its events in order, and how it ends. */
async function runUndisturbed(scenario: string): Promise<{events: Told[]; ending: Ending}> {
	await using login = await openLogin();
	const speed = scenario === 'garbage-day' ? dayPace : 1_000;
	await login.run(['drill', scenario, '--speed', String(speed)], {nodeArguments: dieAtEvent});
	const [folder] = await login.drills();
	const {events} = await readJournal(folder!);
	const exact = exactLabels();
	let writes = false;
	return {
		ending: await readEnding(folder!),
		events: events.map(event => {
			writes = event.type === 'step.started' ? event.effect !== 'read' : writes;
			return {seq: event.seq, label: labelOf(event), exact: exact(event), writes};
		}),
	};
}

const runs = new Map<string, ReturnType<typeof runUndisturbed>>();
function undisturbed(scenario: string): ReturnType<typeof runUndisturbed> {
	const run = runs.get(scenario) ?? runUndisturbed(scenario);
	runs.set(scenario, run);
	return run;
}

const eventsOf = async (scenario: string) => (await undisturbed(scenario)).events;

/**
 * Before each event, and also right after it where a change follows from it. Of garbage-day, whose items take turns in another order
 * each time, before and after each event by its name.
 */
function momentsOf(scenario: string, events: readonly Told[]): Moment[] {
	if (scenario === 'garbage-day') {
		return events.slice(1).flatMap(({exact}): Moment[] => [`before:${exact}`, `after:${exact}`]);
	}

	return events
		.slice(1)
		.flatMap(({seq, label, writes}): Moment[] =>
			writes && /^(effect.intended|restarting) /.test(label) ? [`before:${seq}`, `after:${seq}`] : [`before:${seq}`],
		);
}

/** Runs two drills at a time. @returns the broken promises, each with its moment */
async function sweep(scenario: string, journeys: readonly Moment[][], {holds = false} = {}): Promise<string[]> {
	const left = [...journeys];
	const broken: string[] = [];
	const {ending} = await undisturbed(scenario);
	const worker = async () => {
		for (let moments = left.shift(); moments !== undefined; moments = left.shift()) {
			// The next process finds the build of a slow world under way, and that of a fast world ended.
			const speed = moments[0]!.startsWith('after') ? 20 : 400;
			const paces = scenario === 'garbage-day' ? {speed: dayPace, resumedAt: 5 * dayPace} : {speed};
			const found = await killAndResume({scenario, holds, ...paces}, moments, ending);
			broken.push(...found.map(problem => `${moments[0]}: ${problem}`));
		}
	};
	await Promise.all([worker(), worker()]);
	return broken;
}

describe('a drill that is killed with SIGKILL', () => {
	it.each([...samples, ...(isSweep ? moreSamples : [])])(
		'keeps every promise when it is killed several times: %s',
		{timeout},
		async (scenario, journeys) => {
			expect(await sweep(scenario, journeys)).toEqual([]);
		},
	);

	it.runIf(isSweep).each([...samples, moreSamples[2]!])(
		'keeps every promise wherever it dies: %s',
		{timeout},
		async scenario => {
			const events = await eventsOf(scenario);
			const harmless = events.slice(1).filter(({writes}) => !writes);
			const moments = momentsOf(scenario, events);

			expect(harmless.length).toBeGreaterThan(25);
			expect(moments.length).toBeGreaterThan(40);
			expect(
				await sweep(
					scenario,
					moments.map(moment => [moment]),
				),
			).toEqual([]);
		},
	);

	it.runIf(isSweep)('keeps every promise wherever it dies while the next cleaner is suspended', {timeout}, async () => {
		expect(
			await sweep(
				'garbage-day',
				holdMoments.map(moment => [moment]),
				{holds: true},
			),
		).toEqual([]);
	});

	it.runIf(isSweep)(
		'keeps every promise when it dies at every event of its reading steps in turn',
		{timeout},
		async () => {
			const events = await eventsOf('orphan-index');
			const harmless = events.slice(1).filter(({writes}) => !writes);
			const deaths = harmless.map(({label}): Moment => `before:${label}`);
			const half = deaths.length >> 1;

			expect(await sweep('orphan-index', [deaths.slice(0, half), deaths.slice(half)])).toEqual([]);
		},
	);

	it.runIf(isSweep).each([
		['orphan-index-ci-down', 'build-fallback'],
		['child-unlinked', 'relink'],
	])('keeps every promise when its journal is torn around the change: %s', {timeout}, async (scenario, step) => {
		const events = await eventsOf(scenario);
		const change = events.findIndex(({label}) => label === `effect.intended ${step}`);
		const around: Moment[] = [`after:${change}`, `torn:${change + 1}`, `before:${change + 2}`];

		expect(change).toBeGreaterThan(0);
		expect(
			await sweep(
				scenario,
				around.map(moment => [moment]),
			),
		).toEqual([]);
	});

	it.runIf(isSweep)('keeps every promise when it dies at no particular moment', {timeout}, async () => {
		const delays = Array.from({length: 60}, (_, n): Moment => `${600 + ((n * 489) % 1400)} ms`);

		expect(
			await sweep(
				'orphan-index',
				delays.map(delay => [delay]),
			),
		).toEqual([]);
	});
});
