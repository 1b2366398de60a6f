import {readdir} from 'node:fs/promises';
import path from 'node:path';
import {eventsFile, readJournal} from '../../src/adapters/journal/events-file.ts';
import {type Login, openLogin, type Ran} from './cli.ts';
import {readWorldOnDisk, type WorldOnDisk} from './world-on-disk.ts';

/** `after:12`: see die-at-event.ts. `320 ms`: from the outside, that long after the start. */
export type Moment = `${'after' | 'before' | 'torn'}:${string}` | `${number} ms`;

export type KilledDrill = {scenario: string; speed: number; seed: number};

const dieAtEvent = ['--import', path.join(import.meta.dirname, 'die-at-event.ts')];

/**
 * Runs a drill of the shipped program, kills it at a moment, resumes it, kills that at the next moment, and so on; at
 * last it is let run to its end.
 * @returns what a promise was broken by; nothing: every one was kept
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
		...(await brokenAtEnd(folder, resumed)),
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

async function brokenAtEnd(folder: string, resumed: Ran): Promise<string[]> {
	const {sealed, torn} = await readJournal(folder);
	const {exitCode, stdout, stderr} = resumed;
	return exitCode === 0 && sealed && torn === undefined
		? []
		: [`exit ${exitCode}, sealed ${sealed}, torn ${torn?.bytes}: ${tail(stdout)} ${stderr}`];
}

/** Each change exactly once, and the image whole. */
function brokenInWorld(scenario: string, moments: readonly Moment[], world: WorldOnDisk): string[] {
	const {builtInCi, fallbackBuilds, stored, restarts, wrongWithImage} = world;
	// A registry that dies while it writes may damage what it writes: the first build is then not the last.
	const isTorn = moments.some(isDelay) && builtInCi.length === 1 && fallbackBuilds === 1;
	const done = {ci: builtInCi.length, fallback: isTorn ? 0 : fallbackBuilds, stored: stored.length};
	const due = {
		'orphan-index': {ci: 1, fallback: 0, stored: 0},
		'orphan-index-ci-down': {ci: 0, fallback: 1, stored: 0},
		'child-unlinked': {ci: 0, fallback: 0, stored: world.world.broken.digests.length},
	}[scenario];
	const twice = [...restarts].filter(([, times]) => times > 1);
	return [
		...(JSON.stringify(done) === JSON.stringify(due) ? [] : [`done to the world: ${JSON.stringify(done)}`]),
		...twice.map(([number, times]) => `pipeline ${number} was restarted ${times} times`),
		...(restarts.size > 1 ? [] : [`${restarts.size} pipelines were restarted`]),
		...wrongWithImage.map(part => `the image is not whole: ${part}`),
	];
}

function tail(text: string): string {
	return text.trimEnd().split('\n').slice(-6).join(' / ');
}
