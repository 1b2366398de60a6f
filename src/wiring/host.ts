import {spawnSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {homedir, userInfo} from 'node:os';
import {createHelperShell} from '../adapters/ssh/helper.ts';
import {createLocalShell} from '../adapters/ssh/local.ts';
import {createOpenSshShell} from '../adapters/ssh/openssh/openssh.ts';
import {sshEnvironment} from '../adapters/ssh/ssh-program.ts';
import {resolveSshTarget} from '../adapters/ssh/ssh2/ssh-target.ts';
import {createSsh2Shell} from '../adapters/ssh/ssh2/ssh2.ts';
import {createContainerShell} from '../adapters/storage/container/container-shell.ts';
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
export type StorageLocation = Omit<ShellLocation, 'become'> & {
	/** `container`: the store is read in containers of that host; `{sudo}`: by a root-owned helper at that path. */
	become?: 'sudo' | 'container' | {sudo: string} | undefined;
	/** Of those containers. */
	image?: string | undefined;
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

/** The shells of a location. `store` runs what is about the store; it is the same as `host` but where that runs in containers. */
type StorageShells = {
	host: Shell;
	store: Shell;
	/** The store's folder, asked for once. @throws OperatorError storage.volume | storage.container */
	root(waiting: Waiting): Promise<string>;
	/** How the store is reached, for people. Absent: as the login, or by sudo. */
	describe?(waiting: Waiting): Promise<string>;
};

/** Nothing is run yet. */
export function openStorageShells(location: StorageLocation, setup: Setup): StorageShells {
	const {become, root, volume, engine, image, ...on} = location;
	if (become === 'container') {
		const host = openShell(on, setup);
		const store = createContainerShell({host, session: nonce(), ...defined({root, volume, engine, image})});
		return {host, store, root: store.root, describe: store.describe};
	}

	const host = openShell({...on, become: become === 'sudo' ? become : undefined}, setup);
	const shell = typeof become === 'object' ? createHelperShell(host, become.sudo) : host;
	let found = root;
	return {
		host,
		store: shell,
		async root({signal}) {
			found ??= (await findVolume({volume: volume ?? '', ...defined({engine})}, {shell: host, signal})).folder;
			return found;
		},
	};
}

/** Nothing is run yet. Closing the storage closes its shells. */
export function openStorage(
	location: StorageLocation,
	setup: Setup,
	shells: StorageShells = openStorageShells(location, setup),
): Storage {
	const {root, volume, become} = location;
	const {host, store, describe} = shells;
	return createStorage({
		shell: store,
		host,
		// A container's folder is the real path, which its host tells.
		root: root === undefined || become === 'container' ? shells.root : root,
		place: `${host.place}:${root ?? `volume ${volume}`}`,
		redact: setup.redaction.redact,
		...defined({
			restartCommand: location.restart,
			redisCommand: location.redis,
			hostRoot: setup.hostRoot,
			describe,
		}),
	});
}
