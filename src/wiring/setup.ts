import {mkdir, stat} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {safePathOf} from '../adapters/configuration/ownership.ts';
import {readConfiguration} from '../adapters/configuration/read-configuration.ts';
import {stateFolder} from '../adapters/journal/incident-folders.ts';
import {learnReadableSecrets} from '../adapters/secrets/readable-secrets.ts';
import type {Configuration} from '../domain/configuration.ts';
import {defined} from '../domain/defined.ts';
import type {Redaction} from '../domain/text/redaction.ts';
import type {Clock} from '../engine/ports/clock.ts';
import type {Processes} from '../engine/ports/processes.ts';
import type {Invocation} from '../invocation.ts';

/** From what the outside systems are built: the configuration, and the parts of the invocation that they need. */
export type Setup = {
	configuration: Configuration;
	/** The file it was read from. Absent: there is none. */
	configurationFile?: string;
	/** The files that were looked for. */
	configurationSought?: string[];
	environment: Record<string, string | undefined>;
	processes: Processes;
	/** Learns every secret that is read. */
	redaction: Redaction;
	/** Ends the commands that print secrets. */
	signal: AbortSignal;
	/** A folder that stands for `/` on the registry's host: a drill's host is a folder. Absent: the host itself. */
	hostRoot?: string;
	/** How much faster a drill's CI is than a real one. Absent: it is a real one. */
	speed?: number;
	/** For the sockets of shared SSH connections. Absent: connections are not shared. */
	runtimeFolder?: string;
	/** Frees the terminal for a program that asks the person, such as ssh. Absent: nobody sits at a terminal. */
	prompting?: (work: () => Promise<void>) => Promise<void>;
	/** `--plain-http`: also for a host that is not loopback. */
	plainHttp?: boolean;
	/** A pull-through cache may be made to fetch what it lacks. */
	fillCache?: boolean;
};

/** @throws OperatorError configuration.missing | configuration.unreadable | configuration.invalid | configuration.untrusted */
export async function readSetup(
	invocation: Invocation,
	{plainHttp, fillCache}: {plainHttp?: boolean; fillCache?: boolean} = {},
): Promise<Setup> {
	const {processes, redaction, signal, foreground} = invocation;
	const PATH = await safePathOf(invocation.environment.PATH, processes.user);
	const environment = {...invocation.environment, PATH};
	const {configuration, file, sought} = await readConfiguration(configurationReading(invocation));
	await learnReadableSecrets(configuration, {environment, user: processes.user, redaction});
	const runtimeFolder = await runtimeFolderOf(environment, processes.user);
	return {
		configuration,
		environment,
		processes,
		redaction,
		signal,
		configurationSought: sought,
		...defined({configurationFile: file, prompting: foreground?.run, plainHttp, fillCache, runtimeFolder}),
	};
}

/** Where the configuration is looked for, and as whom. */
export function configurationReading({environment, folder, flags, processes, signal}: Invocation) {
	const {user} = processes;
	return {environment, folder, named: flags.config, user, state: stateFolder(environment), signal};
}

/**
 * A folder that is private to the person. Root and cron have no XDG_RUNTIME_DIR: theirs is in /tmp, and whoever makes a
 * socket in it checks first that the folder is really their own.
 */
async function runtimeFolderOf(
	environment: Record<string, string | undefined>,
	user: number | undefined,
): Promise<string | undefined> {
	const base = environment.XDG_RUNTIME_DIR;
	if (base === undefined) {
		return user === undefined ? undefined : path.join(tmpdir(), `regmedic-${user}`);
	}

	const isFolder = await stat(base).then(
		found => found.isDirectory(),
		() => false,
	);
	if (!isFolder) {
		return undefined;
	}

	const folder = path.join(base, 'regmedic');
	// Not `recursive`: where nothing can be made (below /proc), Node tries that without end.
	return mkdir(folder, {mode: 0o700}).then(
		() => folder,
		(error: NodeJS.ErrnoException) => (error.code === 'EEXIST' ? folder : undefined),
	);
}

export const systemClock: Clock = {
	now: () => new Date(),
	monotonic: () => performance.now(),
	async sleep(milliseconds, {signal}) {
		await pause(milliseconds, undefined, {signal}).catch(error => {
			throw signal.aborted ? signal.reason : error;
		});
	},
};
