import {type ChildProcess, spawn} from 'node:child_process';
import type {ServerChannel} from 'ssh2';
import type {HostProcesses} from '../host-processes.ts';

export type CommandEnvironment = {folder: string; variables: Record<string, string>; processes: HostProcesses};

/**
 * Runs the command of one `exec` request, in a process group of its own.
 * @param ended called when no process of the group is left
 */
export function runCommand(
	channel: ServerChannel,
	command: string,
	{folder, variables, processes}: CommandEnvironment,
	ended: () => void,
): {stop(): void; signal(name: NodeJS.Signals): void} {
	const child = spawn('sh', ['-c', command], {
		cwd: folder,
		env: variables,
		detached: true,
		stdio: ['pipe', 'pipe', 'pipe'],
	});
	// The client may close the connection, and a program need not read its input.
	channel.on('error', () => {});
	child.stdin.on('error', () => {});
	channel.pipe(child.stdin);
	child.stdout.pipe(channel, {end: false});
	child.stderr.pipe(channel.stderr, {end: false});

	// As with sshd, the session lasts until no process holds its output open.
	child.on('close', (code, signal) => {
		if (signal === null) {
			channel.exit(code ?? 0);
		} else {
			channel.exit(signal.slice(3), false, '');
		}

		channel.end();
		if (!hasMembers(child, processes)) {
			ended();
		}
	});
	child.on('error', () => {
		channel.exit(127);
		channel.end();
		ended();
	});

	return {
		stop: () => signalGroup(child, 'SIGKILL', processes),
		signal: name => signalGroup(child, name, processes),
	};
}

/** A process that called setsid has left the group. */
function signalGroup({pid}: ChildProcess, signal: NodeJS.Signals, processes: HostProcesses): void {
	if (pid !== undefined) {
		try {
			processes.kill(-pid, signal);
		} catch {
			// No process is left.
		}
	}
}

function hasMembers({pid}: ChildProcess, processes: HostProcesses): boolean {
	if (pid === undefined) {
		return false;
	}

	try {
		processes.kill(-pid, 0);
		return true;
	} catch {
		return false;
	}
}
