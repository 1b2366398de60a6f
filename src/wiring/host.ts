import {spawnSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {homedir, userInfo} from 'node:os';
import {createLocalShell} from '../adapters/ssh/local.ts';
import {createOpenSshShell} from '../adapters/ssh/openssh/openssh.ts';
import {sshEnvironment} from '../adapters/ssh/ssh-program.ts';
import {resolveSshTarget} from '../adapters/ssh/ssh2/ssh-target.ts';
import {createSsh2Shell} from '../adapters/ssh/ssh2/ssh2.ts';
import {findVolume} from '../adapters/storage/host/find-volume.ts';
import {createStorage} from '../adapters/storage/storage.ts';
import {defined} from '../domain/defined.ts';
import type {Engine} from '../domain/storage/volume.ts';
import type {Shell} from '../engine/ports/shell.ts';
import type {Storage} from '../engine/ports/storage.ts';
import type {Waiting} from '../engine/ports/waiting.ts';
import {programEnvironment} from './environments.ts';
import type {Setup} from './setup.ts';

/** The machine that commands run on. */
type ShellLocation = {
	/** A destination as ssh names it. Absent: this machine. */
	ssh?: string | undefined;
	/** Absent: the system's ssh, or the built-in client on a machine without ssh. */
	transport?: 'openssh' | 'ssh2' | undefined;
	sshConfig?: string | undefined;
	/** Absent: commands run as the login's own user. */
	become?: 'sudo' | undefined;
};

/** @param purpose of a shell on this machine */
export function openShell(
	{ssh, transport, sshConfig, become}: ShellLocation,
	setup: Setup,
	purpose: 'build' | 'storage' = 'storage',
): Shell {
	const {redact} = setup.redaction;
	const {environment} = setup;
	if (ssh === undefined) {
		return createLocalShell({
			environment: programEnvironment(environment, purpose),
			processes: setup.processes,
			nonce,
			redact,
			...defined({become}),
		});
	}

	if (transport === 'ssh2' || (transport === undefined && !hasSsh(environment))) {
		return createSsh2Shell({
			place: ssh,
			nonce,
			redact,
			...defined({become}),
			target: () =>
				resolveSshTarget({
					destination: ssh,
					environment,
					home: environment.HOME ?? homedir(),
					user: environment.USER ?? environment.LOGNAME ?? userInfo().username,
					...defined({configFile: sshConfig}),
				}),
		});
	}

	return createOpenSshShell({
		destination: ssh,
		environment,
		processes: setup.processes,
		nonce,
		redact,
		...defined({become, configFile: sshConfig, controlFolder: setup.runtimeFolder, prompting: setup.prompting}),
	});
}

/** Frames the output of one remote command: new for every command. */
function nonce(): string {
	return randomBytes(12).toString('hex');
}

function hasSsh(environment: Setup['environment']): boolean {
	return spawnSync('ssh', ['-V'], {stdio: 'ignore', env: {...sshEnvironment(environment)}}).status === 0;
}

/** The storage folder of a registry, on this machine or on its host. */
export type StorageLocation = ShellLocation & {
	/** Absent: a volume names it. */
	root?: string | undefined;
	/** A volume of a container engine on that host. */
	volume?: string | undefined;
	engine?: Engine | undefined;
	/** Restarts the registry on that host. */
	restart?: string | undefined;
	/** Runs commands of Redis from its standard input. */
	redis?: string | undefined;
};

/** Nothing is run yet. Closing the storage closes the shell. */
export function openStorage(
	location: StorageLocation,
	setup: Setup,
	shell: Shell = openShell(location, setup),
): Storage {
	const {root, volume} = location;
	return createStorage({
		shell,
		root: root ?? (waiting => folderOf(location, shell, waiting)),
		place: `${shell.place}:${root ?? `volume ${volume}`}`,
		redact: setup.redaction.redact,
		...defined({restartCommand: location.restart, redisCommand: location.redis, hostRoot: setup.hostRoot}),
	});
}

/** The folder of a location, which an engine knows where a volume is named. @throws OperatorError storage.volume */
export async function folderOf(
	{root, volume = '', engine}: StorageLocation,
	shell: Shell,
	{signal}: Waiting,
): Promise<string> {
	return root ?? (await findVolume({volume, ...defined({engine})}, {shell, signal})).folder;
}
