import {readdir} from 'node:fs/promises';
import path from 'node:path';
import {eventsFile, readJournal} from '../../src/adapters/journal/events-file.ts';
import {type Login, openLogin, type Ran} from './cli.ts';
import {readWorldOnDisk, type WorldOnDisk} from './world-on-disk.ts';
import {brokenPromises, exitOfScenario} from './world-promises.ts';

/** `after:12`: see die-at-event.ts. `320 ms`: killed from outside, that long after the start. */
export type Moment = `${'after' | 'before' | 'torn'}:${string}` | `${number} ms`;

export type KilledDrill = {scenario: string; speed: number; seed: number};

const dieAtEvent = ['--import', path.join(import.meta.dirname, 'die-at-event.ts')];

/**
 * Runs a drill of the shipped program and kills it at the first moment, resumes it and kills it at the next one, and so
 * on. The last process runs to its end.
 * @returns the promises that were broken; empty: all were kept
 */
export async function killAndResume(drill: KilledDrill, moments: readonly Moment[]): Promise<string[]> {
	await using login = await openLogin();
	const [first, ...later] = moments;
	const pace = ['--speed', String(drill.speed)];
	const problems = problemsOf(first!, await killedAt(login, ['drill', drill.scenario, ...pace], first!));
	const [folder] = await login.drills();

	if (folder === undefined || !(await isBegun(folder))) {
		return isDelay(first!) ? [] : [...problems, 'there is no incident'];
	}

	if ((await readJournal(folder)).sealed) {
		return isDelay(first!) ? [] : [...problems, 'it went on to its end'];
	}

	const resume = ['resume', path.basename(folder), '--auto', ...pace];
	for (const moment of later) {
		problems.push(...problemsOf(moment, await killedAt(login, resume, moment)));
	}

	const resumed = await login.run(resume, {nodeArguments: dieAtEvent});
	return [
		...problems,
		...(await brokenAtEnd(folder, resumed, exitOfScenario[drill.scenario]!)),
		...brokenInWorld(drill.scenario, moments, await readWorldOnDisk(folder)),
	];
}

async function killedAt(login: Login, args: string[], moment: Moment): Promise<Ran> {
	const running = login.start(args, {
		nodeArguments: dieAtEvent,
		environment: isDelay(moment) ? {} : {DIE_AT: moment},
	});
	const timer = isDelay(moment)
		? setTimeout(() => running.process.kill('SIGKILL'), Number.parseInt(moment, 10))
		: undefined;
	return running.ended.finally(() => clearTimeout(timer));
}

function isDelay(moment: Moment): boolean {
	return moment.endsWith(' ms');
}

function problemsOf(moment: Moment, {signal, exitCode, stdout, stderr}: Ran): string[] {
	return signal === 'SIGKILL' || isDelay(moment)
		? []
		: [`${moment} never came: exit ${exitCode}, ${tail(stdout)} ${stderr}`];
}

async function isBegun(folder: string): Promise<boolean> {
	return (await readdir(folder)).includes(eventsFile) && (await readJournal(folder)).events.length > 0;
}

async function brokenAtEnd(folder: string, resumed: Ran, wanted: number): Promise<string[]> {
	const {sealed, torn} = await readJournal(folder);
	const {exitCode, stdout, stderr} = resumed;
	return exitCode === wanted && sealed && torn === undefined
		? []
		: [`exit ${exitCode}, sealed ${sealed}, torn ${torn?.bytes}: ${tail(stdout)} ${stderr}`];
}

function brokenInWorld(scenario: string, moments: readonly Moment[], on: WorldOnDisk): string[] {
	const {builtInCi, fallbackBuilds, world} = on;
	// A registry that is killed while it writes may damage what it writes. Then a second build is right.
	const isTorn = moments.some(isDelay) && builtInCi.length === 1 && fallbackBuilds === 1;
	return brokenPromises(scenario, {
		...on,
		builtInCi: builtInCi.length,
		fallbackBuilds: isTorn ? 0 : fallbackBuilds,
		damaged: world.broken.digests.length,
	});
}

function tail(text: string): string {
	return text.trimEnd().split('\n').slice(-6).join(' / ');
}
