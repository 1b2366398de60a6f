import {readFile} from 'node:fs/promises';
import {setTimeout as pause} from 'node:timers/promises';
import type {HostProcesses} from '../host-processes.ts';

/** A variable of every process on a pretend host: it tells the process from a later one with the same number. */
export const hostMark = 'REGMEDIC_DRILL_WORLD';

/**
 * Ends the processes that left their SSH connection with setsid. The host's own `setsid` wrote their numbers into the
 * file; each leads a session and a process group.
 */
export async function endDetached(file: string, mark: string, processes: HostProcesses): Promise<void> {
	const recorded = (await readFile(file, 'utf8').catch(() => '')).split('\n').map(Number);
	let left = await runningOf(recorded, mark);

	for (const pid of left) {
		end(pid, 'SIGTERM', processes);
	}

	// They get time to clean up.
	for (let tries = 0; tries < 20 && left.length > 0; tries++) {
		await pause(25);
		left = await runningOf(left, mark);
	}

	for (const pid of left) {
		end(pid, 'SIGKILL', processes);
	}
}

async function runningOf(pids: number[], mark: string): Promise<number[]> {
	const isRunning = await Promise.all(pids.map(pid => pid > 1 && isOfWorld(pid, mark)));
	return pids.filter((_, n) => isRunning[n]);
}

/** A zombie has no environment. */
async function isOfWorld(pid: number, mark: string): Promise<boolean> {
	const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => undefined);
	return environment?.split('\0').includes(`${hostMark}=${mark}`) ?? false;
}

function end(pid: number, signal: NodeJS.Signals, processes: HostProcesses): void {
	try {
		processes.kill(-pid, signal);
	} catch {
		// It has just ended by itself.
	}
}
