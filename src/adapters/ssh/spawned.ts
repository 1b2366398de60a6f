import {kill} from 'node:process';
import {execa} from 'execa';
import type {Channel} from './running.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export type Spawned = Channel & {
	/** Why the program could not be started, once `closed` has settled. */ failure(): NodeJS.ErrnoException | undefined;
};

/**
 * Starts a program in a session of its own: ctrl-c on the terminal does not reach it, it has no terminal to prompt on,
 * and it can be ended with everything it started.
 * @param environment the whole environment of the program; without it, it inherits ours
 */
export function spawned(file: string, argv: readonly string[], environment?: Environment): Spawned {
	const child = execa(file, argv, {
		stdin: 'pipe',
		stdout: 'pipe',
		stderr: 'pipe',
		encoding: 'buffer',
		buffer: false,
		reject: false,
		detached: true,
		cleanup: true,
		...(environment === undefined ? {} : {extendEnv: false, env: {...environment}}),
	});
	let gone = false;
	let failure: NodeJS.ErrnoException | undefined;
	const ended = child.then(result => {
		gone = true;
		failure = child.pid === undefined ? (result.cause as NodeJS.ErrnoException) : undefined;
		return result;
	});

	return {
		stdin: child.stdin,
		onStdout: take => void child.stdout.on('data', take).on('error', () => {}),
		onStderr: take => void child.stderr.on('data', take).on('error', () => {}),
		closed: ended.then(({exitCode, signal}) => (exitCode === undefined ? `ended by ${signal}` : `exit ${exitCode}`)),
		failure: () => failure,
		kill() {
			if (!gone && child.pid !== undefined) {
				end(child.pid, 'SIGTERM');
				setTimeout(() => !gone && end(child.pid!, 'SIGKILL'), 500).unref();
			}
		},
	};
}

/** The whole group, which is the program's own because it was detached. */
function end(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
	try {
		kill(-pid, signal);
	} catch {
		// It has just ended by itself.
	}
}

const passedOn = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SSH_AUTH_SOCK', 'SSH_AGENT_PID', 'XDG_RUNTIME_DIR', 'KRB5CCNAME'];

/** What ssh needs of our environment; tokens and passwords in it stay here. */
export function sshEnvironment(environment: Environment): Environment {
	return {
		LC_ALL: 'C',
		...Object.fromEntries(
			passedOn.flatMap(name => (environment[name] === undefined ? [] : [[name, environment[name]]])),
		),
	};
}
