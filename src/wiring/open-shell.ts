import {spawnSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {homedir, userInfo} from 'node:os';
import {createLocalShell} from '../adapters/ssh/local.ts';
import {createOpenSshShell} from '../adapters/ssh/openssh/openssh.ts';
import {resolveSshTarget} from '../adapters/ssh/ssh2/ssh-target.ts';
import {createSsh2Shell} from '../adapters/ssh/ssh2/ssh2.ts';
import type {Shell} from '../engine/ports/shell.ts';
import {bareEnvironment} from './bare-environment.ts';
import type {Surroundings} from './open-ports.ts';

export type ShellPlace = {
	ssh?: string | undefined;
	transport?: 'openssh' | 'ssh2' | undefined;
	sshConfig?: string | undefined;
};

/** What frames one remote command's output: new at every call. */
function nonce(): string {
	return randomBytes(12).toString('hex');
}

/**
 * The system's ssh where there is one; our own client where there is none or the configuration asks for it. A place
 * without a host is this machine.
 */
export function openShell(
	{ssh, transport, sshConfig}: ShellPlace,
	{configuration, runtimeFolder, prompting, ...surroundings}: Surroundings,
): Shell {
	const environment = bareEnvironment(surroundings.environment, configuration);
	if (ssh === undefined) {
		return createLocalShell({environment, nonce});
	}

	const configFile = sshConfig === undefined ? {} : {configFile: sshConfig};
	if (transport === 'ssh2' || (transport === undefined && !hasSsh())) {
		return createSsh2Shell({
			place: ssh,
			nonce,
			target: () =>
				resolveSshTarget({
					destination: ssh,
					environment,
					home: environment.HOME ?? homedir(),
					user: environment.USER ?? environment.LOGNAME ?? userInfo().username,
					...configFile,
				}),
		});
	}

	return createOpenSshShell({
		destination: ssh,
		environment,
		nonce,
		...configFile,
		...(runtimeFolder === undefined ? {} : {controlFolder: runtimeFolder}),
		...(prompting === undefined ? {} : {prompting}),
	});
}

function hasSsh(): boolean {
	return spawnSync('ssh', ['-V'], {stdio: 'ignore'}).status === 0;
}
