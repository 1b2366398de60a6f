import {spawnSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {homedir, userInfo} from 'node:os';
import {createLocalShell} from '../adapters/ssh/local.ts';
import {createOpenSshShell} from '../adapters/ssh/openssh/openssh.ts';
import {resolveSshTarget} from '../adapters/ssh/ssh2/ssh-target.ts';
import {createSsh2Shell} from '../adapters/ssh/ssh2/ssh2.ts';
import {createStorage} from '../adapters/storage/storage.ts';
import type {Configuration, SecretSource} from '../domain/configuration.ts';
import {defined} from '../domain/defined.ts';
import type {Shell} from '../engine/ports/shell.ts';
import type {Storage} from '../engine/ports/storage.ts';
import type {Setup} from './setup.ts';

/** The machine that commands run on. */
type ShellLocation = {
	/** A destination as ssh names it. Absent: this machine. */
	ssh?: string | undefined;
	/** Absent: the system's ssh, or the built-in client on a machine without ssh. */
	transport?: 'openssh' | 'ssh2' | undefined;
	sshConfig?: string | undefined;
};

export function openShell({ssh, transport, sshConfig}: ShellLocation, setup: Setup): Shell {
	const {redact} = setup.redaction;
	const environment = withoutSecrets(setup.environment, setup.configuration);
	if (ssh === undefined) {
		return createLocalShell({environment, processes: setup.processes, nonce, redact});
	}

	if (transport === 'ssh2' || (transport === undefined && !hasSsh())) {
		return createSsh2Shell({
			place: ssh,
			nonce,
			redact,
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
		...defined({configFile: sshConfig, controlFolder: setup.runtimeFolder, prompting: setup.prompting}),
	});
}

/** Frames the output of one remote command: new for every command. */
function nonce(): string {
	return randomBytes(12).toString('hex');
}

function hasSsh(): boolean {
	return spawnSync('ssh', ['-V'], {stdio: 'ignore'}).status === 0;
}

/** The programs we start get every variable but those that the configuration takes secrets from. */
function withoutSecrets(
	environment: Setup['environment'],
	{registries, woodpecker}: Configuration,
): Setup['environment'] {
	const secrets = new Set(woodpecker === undefined ? [] : variablesOf(woodpecker.token));
	for (const {credentials} of Object.values(registries)) {
		if (credentials !== undefined && 'env' in credentials) {
			secrets.add(credentials.env.password);
		} else if (credentials !== undefined && 'password' in credentials) {
			for (const name of variablesOf(credentials.password)) {
				secrets.add(name);
			}
		}
	}

	return Object.fromEntries(Object.entries(environment).filter(([name]) => !secrets.has(name)));
}

function variablesOf(source: SecretSource): string[] {
	return 'env' in source ? [source.env] : [];
}

/** The storage folder of a registry, on this machine or on its host. */
export type StorageLocation = ShellLocation & {
	root: string;
	/** Restarts the registry on that host. */
	restart?: string | undefined;
};

/** Nothing is run yet. Closing the storage closes the shell. */
export function openStorage(
	location: StorageLocation,
	setup: Setup,
	shell: Shell = openShell(location, setup),
): Storage {
	return createStorage({
		shell,
		root: location.root,
		redact: setup.redaction.redact,
		...defined({restartCommand: location.restart, hostRoot: setup.hostRoot}),
	});
}
