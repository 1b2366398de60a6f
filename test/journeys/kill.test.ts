import {describe, expect, it} from 'vitest';
import {readJournal} from '../../src/adapters/journal/events-file.ts';
import {openLogin} from '../support/cli.ts';
import {labelOf} from '../support/event-label.ts';
import {killAndResume, type Moment} from '../support/killed-drill.ts';

/** REGMEDIC_SWEEP=1: every moment of every scenario in a drill of its own. */
const isSweep = process.env.REGMEDIC_SWEEP === '1';
const timeout = isSweep ? 3_600_000 : 240_000;

type Told = {seq: number; label: string; writes: boolean};

/** The events of a run that nothing disturbs, in order. */
async function eventsOf(scenario: string): Promise<Told[]> {
	await using login = await openLogin();
	await login.run(['drill', scenario, '--speed', '1000']);
	const [folder] = await login.drills();
	const {events} = await readJournal(folder!);
	let writes = false;
	return events.map(event => {
		writes = event.type === 'step.started' ? event.effect !== 'read' : writes;
		return {seq: event.seq, label: labelOf(event), writes};
	});
}

/** Before each event; where a change follows from it, also right after it. Of a loop, its first and its last turn. */
function momentsOf(events: readonly Told[]): Moment[] {
	return events.slice(1).flatMap(({seq, label, writes}): Moment[] => {
		const alike = events.filter(event => event.label === label).map(event => event.seq);
		if (!isSweep && seq !== alike[0] && seq !== alike.at(-1)) {
			return [];
		}

		return writes && /^(effect.intended|restarting) /.test(label)
			? [`before:${seq}`, `after:${seq}`]
			: [`before:${seq}`];
	});
}

/**
 * One drill dies at a moment of its first change, and again at one of its second: they know nothing of each other. By what
 * the event says, because the first death moves the numbers; of a loop, the last turn stays by itself.
 */
function inTurn(moments: readonly Moment[], events: readonly Told[]): Moment[][] {
	const told = (moment: Moment) => events.find(({seq}) => moment.endsWith(`:${seq}`))!;
	const stepOf = (moment: Moment) => told(moment).label.split(' ').at(-1)!;
	const [first] = moments.map(stepOf);
	const isNamed = (moment: Moment) => events.find(({label}) => label === told(moment).label) === told(moment);
	const later = moments.filter(moment => stepOf(moment) !== first && isNamed(moment));
	const named = later.map(
		(moment): Moment => `${moment.startsWith('after') ? 'after' : 'before'}:${told(moment).label}`,
	);
	const alone = moments.filter(moment => !later.includes(moment));
	return alone
		.map(moment => (stepOf(moment) === first && named.length > 0 ? [moment, named.shift()!] : [moment]))
		.concat(named.map(moment => [moment]));
}

/** Two drills at a time. @returns the moments at which a promise was broken, and how */
async function sweep(scenario: string, journeys: readonly Moment[][]): Promise<string[]> {
	const left = [...journeys];
	const broken: string[] = [];
	const worker = async () => {
		for (let moments = left.shift(); moments !== undefined; moments = left.shift()) {
			// A slow world is found in the middle of its build, a fast one after it.
			const speed = moments[0]!.startsWith('after') ? 20 : 400;
			const found = await killAndResume({scenario, speed, seed: 1}, moments);
			broken.push(...found.map(problem => `${moments[0]}: ${problem}`));
		}
	};
	await Promise.all([worker(), worker()]);
	return broken;
}

describe('a drill that is killed with SIGKILL', () => {
	it('keeps every promise wherever it dies, also when a result is lost', {timeout}, async () => {
		const events = await eventsOf('orphan-index');
		const harmless = events.slice(1).filter(({writes}) => !writes);
		const alone = momentsOf(isSweep ? events : events.filter(({writes, seq}) => writes || seq === 0));

		expect(harmless.length).toBeGreaterThan(25);
		expect(alone.length).toBeGreaterThan(10);
		// What reads, asks or closes is gone through by two drills that die again and again.
		const deaths = harmless.map(({label}): Moment => `before:${label}`);
		const half = deaths.length >> 1;
		const again = [deaths.slice(0, half), deaths.slice(half)];
		const journeys = isSweep ? alone.map(moment => [moment]) : inTurn(alone, events);
		expect(journeys.flat().length).toBe(alone.length);
		expect(await sweep('orphan-index', [...again, ...journeys])).toEqual([]);
	});

	it.each([
		['orphan-index-ci-down', 'build-fallback'],
		['child-unlinked', 'relink'],
	])('keeps every promise around the change that %s makes', {timeout}, async (scenario, step) => {
		const events = await eventsOf(scenario);
		const change = events.findIndex(({label}) => label === `effect.intended ${step}`);
		const around: Moment[] = [`after:${change}`, `torn:${change + 1}`, `before:${change + 2}`];

		expect(change).toBeGreaterThan(0);
		expect(
			await sweep(
				scenario,
				(isSweep ? momentsOf(events) : around).map(moment => [moment]),
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
