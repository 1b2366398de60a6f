import {mkdir, stat} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {readConfiguration} from '../adapters/configuration/read-configuration.ts';
import type {Invocation} from '../invocation.ts';
import type {Surroundings} from './open-ports.ts';

/** The configuration and the environment of this call. */
export async function surroundingsOf(
	invocation: Invocation,
	{plainHttp}: {plainHttp?: boolean} = {},
): Promise<Surroundings> {
	const {environment, folder, flags} = invocation;
	const {configuration, file} = await readConfiguration(environment, folder, flags.config);
	const runtimeFolder = await runtimeFolderOf(environment, invocation.processes.user);
	return {
		configuration,
		...(file === undefined ? {} : {configurationFile: file}),
		environment,
		processes: invocation.processes,
		redaction: invocation.redaction,
		signal: invocation.signal,
		...(invocation.foreground === undefined ? {} : {prompting: invocation.foreground.run}),
		...(plainHttp === undefined ? {} : {plainHttp}),
		...(runtimeFolder === undefined ? {} : {runtimeFolder}),
	};
}

/**
 * For the sockets of shared SSH connections: private to the person, or not used at all. Root and cron have no
 * XDG_RUNTIME_DIR; whether a folder in /tmp is really ours is asked again where the sockets are made.
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
