import {type ChildProcess, spawn} from 'node:child_process';
import type {ServerChannel} from 'ssh2';

export type CommandEnvironment = {folder: string; variables: Record<string, string>};

/**
 * Runs the command of one `exec` request, in a process group of its own.
 * @param ended called when no process of the group is left
 */
export function runCommand(
	channel: ServerChannel,
	command: string,
	{folder, variables}: CommandEnvironment,
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
		if (!hasMembers(child)) {
			ended();
		}
	});
	child.on('error', () => {
		channel.exit(127);
		channel.end();
		ended();
	});

	return {
		stop: () => signalGroup(child, 'SIGKILL'),
		signal: name => signalGroup(child, name),
	};
}

/** A process that called setsid has left the group. */
function signalGroup({pid}: ChildProcess, signal: NodeJS.Signals): void {
	if (pid !== undefined) {
		try {
			process.kill(-pid, signal);
		} catch {
			// No process is left.
		}
	}
}

function hasMembers({pid}: ChildProcess): boolean {
	try {
		return pid !== undefined && process.kill(-pid, 0);
	} catch {
		return false;
	}
}
