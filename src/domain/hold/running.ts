import {jobsOf} from '../audit/commands/jobs.ts';
import {evidence} from '../audit/hazard.ts';
import type {MaintenanceFile} from '../audit/maintenance.ts';
import {defined} from '../defined.ts';
import type {CleanerKind} from './cleaner-kind.ts';
import {cleaningIn, type StoreOnHost, startedBy} from './cleaning.ts';
import type {HostNow, HostProcess} from './host-now.ts';
import {type Loop, loopIn, shellText, sleepArguments} from './loop.ts';
import {type CleaningProgram, cleaningProgram, scriptArgument} from './program.ts';

/** A cleaner of this store that runs now. */
export type RunningCleaner = {
	kind: CleanerKind;
	pid: number;
	/** Its command line, without secrets. */
	line: string;
	/** ISO 8601, by the clock of the one that looks. */
	since: string;
	/** The container it runs in, by its name. */
	container?: string;
	/** It is not known whether it works on this store. */
	perhaps?: true;
};

/** A shell that will clean again. `child`: the `sleep` that it waits for; absent: it does something else now. */
export type WaitingLoop = {shell: HostProcess; loop: Loop; child?: HostProcess};

export type KnownCleaners = StoreOnHost & {
	files: readonly MaintenanceFile[];
	/** The scripts that clean, by path. */
	scripts: ReadonlyMap<string, CleanerKind>;
	/** The registry of the store, as a reference names it: `registry.example:5000`. */
	host?: string | undefined;
};

type FoundCleaner = {by: HostProcess; kind: CleanerKind; perhaps: boolean};

/** The cleaners of this store among the processes of a host, each once however it was started; and what will clean again. */
export function cleanersIn(
	processes: readonly HostProcess[],
	known: KnownCleaners,
): {running: FoundCleaner[]; loops: WaitingLoop[]} {
	const byPid = new Map(processes.map(each => [each.pid, each]));
	const isAbove = (one: HostProcess, other: HostProcess) => ancestors(other, byPid).has(one.pid);
	const asked = processes.flatMap(by => {
		const program = cleaningProgram(by.argv);
		return program && isOfStore(program, by, known) ? [{by, program}] : [];
	});
	const programs = asked.filter(
		({program}) => !program.isClient || !asked.some(other => isServedBy(program, other.program)),
	);

	const looping = processes.flatMap((shell): WaitingLoop[] => {
		const loop = loopOf(shell, known);
		const child = processes.find(each => each.parent === shell.pid && sleepArguments(each) !== undefined);
		return loop === undefined ? [] : [{shell, loop, ...defined({child})}];
	});
	const loops = looping.filter(({shell}) => !looping.some(other => isAbove(shell, other.shell)));

	const scripts = processes
		.filter(by => !looping.some(({shell}) => shell === by))
		.flatMap(by => {
			const kind = scriptKind(by, known);
			return kind === undefined ? [] : [{by, kind, perhaps: true}];
		});
	const single = scripts.filter(
		({by}) => !scripts.some(other => isAbove(other.by, by)) && !programs.some(other => isAbove(by, other.by)),
	);
	return {
		running: [...programs.map(({by, program: {kind}}) => ({by, kind, perhaps: by.store !== 'same'})), ...single],
		loops,
	};
}

/** As it is shown and journaled. @param skewMs how far the clock of the one that looks is ahead of the host's */
export function sayFound({by, kind, perhaps}: FoundCleaner, {containers}: HostNow, skewMs: number): RunningCleaner {
	return {
		kind,
		pid: by.pid,
		line: evidence(by.argv.join(' ')),
		since: new Date(Math.round(by.started * 1000 + skewMs)).toISOString(),
		...defined({container: containers.find(({id}) => id === by.container)?.name}),
		...(perhaps ? {perhaps: true as const} : {}),
	};
}

function ancestors({parent}: HostProcess, byPid: ReadonlyMap<number, HostProcess>): Set<number> {
	const found = new Set<number>();
	for (let pid = parent; pid !== 0 && !found.has(pid); pid = byPid.get(pid)?.parent ?? 0) {
		found.add(pid);
	}

	return found;
}

/** By name: a registry has several, and those of this machine may be any. */
function isOfStore({registry}: CleaningProgram, {store}: HostProcess, {host}: KnownCleaners): boolean {
	const nameOf = (text: string) => text.replace(/:\d+$/, '');
	const isElsewhere =
		registry !== undefined &&
		host !== undefined &&
		nameOf(registry) !== nameOf(host) &&
		!/^(?:localhost|127\.|\[::1\])/.test(registry);
	return store !== 'other' && !isElsewhere;
}

/** The client of an engine stands beside the process that it started in the container. */
function isServedBy(client: CleaningProgram, other: CleaningProgram): boolean {
	return !other.isClient && other.words.join(' ') === client.words.join(' ');
}

/** A script by the path that its interpreter was given, or by its own text where the host's files do not have it. */
function scriptKind({argv, script: text}: HostProcess, known: KnownCleaners): CleanerKind | undefined {
	const path = scriptArgument(argv);
	if (path === undefined) {
		return undefined;
	}

	const jobs = text === undefined ? [] : jobsOf({path, kind: 'script', text, cut: false});
	return (
		known.scripts.get(path) ??
		jobs.map(job => cleaningIn(job, known) ?? startedBy(job, known.scripts)).find(kind => kind !== undefined)
	);
}

function loopOf(shell: HostProcess, known: KnownCleaners): Loop | undefined {
	const path = scriptArgument(shell.argv);
	const text = shellText(shell) ?? known.files.find(file => file.path === path)?.text;
	return text === undefined
		? undefined
		: loopIn(text, argv => {
				const job = [{argv, at: 1, line: argv.join(' ')}];
				return cleaningIn(job, known) ?? startedBy(job, known.scripts);
			});
}
