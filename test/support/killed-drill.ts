import {readFileSync, writeFileSync} from 'node:fs';
import {readdir} from 'node:fs/promises';
import path from 'node:path';
import {eventsFile, readJournal} from '../../src/adapters/journal/events-file.ts';
import {type Login, openLogin, type Ran, type RunOptions} from './cli.ts';
import {differences, type Ending, readEnding} from './ending.ts';
import {readWorldOnDisk, type WorldOnDisk} from './world-on-disk.ts';
import {brokenPromises, exitOfScenario} from './world-promises.ts';

/** `after:12`: see die-at-event.ts. `320 ms`: killed from outside, that long after the start. */
export type Moment = `${'after' | 'before' | 'torn'}:${string}` | `${number} ms`;

/**
 * `resumedAt`: the speed of the processes after the first; absent: the same. `holds`: a person sits at the first process, and suspends what
 * cleans the store next before the plan is settled.
 */
export type KilledDrill = {scenario: string; speed: number; resumedAt?: number; holds?: boolean};

export const dieAtEvent = ['--import', path.join(import.meta.dirname, 'die-at-event.ts')];

/**
 * Runs a drill of the shipped program and kills it at the first moment, resumes it and kills it at the next one, and so
 * on. The last process runs to its end.
 * @param undisturbed how a run ends that is not killed: this one has to have done the same and to end with the same verdict
 * @returns the promises that were broken; empty: all were kept
 */
export async function killAndResume(
	drill: KilledDrill,
	moments: readonly Moment[],
	undisturbed: Ending,
): Promise<string[]> {
	await using login = await openLogin();
	const [first, ...later] = moments;
	const {scenario, speed, resumedAt = speed} = drill;
	const begin = ['drill', scenario, '--speed', String(speed)];
	const holding = drill.holds ? atTheHold() : undefined;
	const killed = await (holding
		? killedAt(login, ['--plain', ...begin], first!, holding)
		: killedAt(login, begin, first!));
	const problems = problemsOf(first!, killed);
	const [folder] = await login.drills();

	if (folder === undefined || !(await isBegun(folder))) {
		return isDelay(first!) ? [] : [...problems, 'there is no incident'];
	}

	if ((await readJournal(folder)).sealed) {
		return isDelay(first!) ? [] : [...problems, 'it went on to its end'];
	}

	const resume = ['resume', path.basename(folder), '--auto', '--speed', String(resumedAt)];
	for (const moment of later) {
		problems.push(...problemsOf(moment, await killedAt(login, resume, moment)));
	}

	const resumed = await login.run(resume, {nodeArguments: dieAtEvent});
	return [
		...problems,
		...(await brokenAtEnd(folder, resumed, exitOfScenario[scenario]!)),
		...brokenInWorld(scenario, moments, await readWorldOnDisk(folder)),
		...(moments.some(isDelay) ? [] : differences(undisturbed, await readEnding(folder), {isKilled: true})),
	];
}

/** A person who goes on, then suspends the next cleaner, and leaves at the next plan. */
export function atTheHold(): RunOptions {
	let plans = 0;
	return {
		nodeArguments: [...dieAtEvent, '--import', path.join(import.meta.dirname, 'as-terminal.ts')],
		person(said) {
			if (/Press enter to start it\./.test(said)) {
				return '';
			}

			if (/Type "accept" to go on/.test(said)) {
				return ++plans === 1 ? 'suspend' : 'quit';
			}

			// Before it is answered, the line of the crontab is commented out.
			const file = /Put # before line 3 of\s+(\S+)/.exec(said)?.[1];
			if (file !== undefined && /Type exactly: done/.test(said)) {
				const lines = readFileSync(file, 'utf8').split('\n');
				writeFileSync(file, lines.map((line, at) => (at === 2 ? `#${line}` : line)).join('\n'));
				return 'done';
			}

			return undefined;
		},
	};
}

async function killedAt(login: Login, args: string[], moment: Moment, options: RunOptions = {}): Promise<Ran> {
	const running = login.start(args, {
		nodeArguments: dieAtEvent,
		environment: isDelay(moment) ? {} : {DIE_AT: moment},
		...options,
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
