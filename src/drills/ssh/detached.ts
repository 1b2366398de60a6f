import {readFile} from 'node:fs/promises';
import {setTimeout as pause} from 'node:timers/promises';

/** The variable every process of a pretend host carries: it tells ours from another process of the same number. */
export const hostMark = 'REGMEDIC_DRILL_WORLD';

/**
 * Ends what left its SSH connection with setsid. Its numbers stand in a file, written by the host's own `setsid`;
 * each leads a session and a process group.
 */
export async function endDetached(file: string, mark: string): Promise<void> {
	const recorded = (await readFile(file, 'utf8').catch(() => '')).split('\n').map(Number);
	let left = await oursOf(recorded, mark);

	for (const pid of left) {
		end(pid, 'SIGTERM');
	}

	// Time to leave things tidy.
	for (let tries = 0; tries < 20 && left.length > 0; tries++) {
		await pause(25);
		left = await oursOf(left, mark);
	}

	for (const pid of left) {
		end(pid, 'SIGKILL');
	}
}

async function oursOf(pids: number[], mark: string): Promise<number[]> {
	const isOur = await Promise.all(pids.map(pid => pid > 1 && isOurs(pid, mark)));
	return pids.filter((_, n) => isOur[n]);
}

/** A process that has ended and waits for its parent has no environment. */
async function isOurs(pid: number, mark: string): Promise<boolean> {
	const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => undefined);
	return environment?.split('\0').includes(`${hostMark}=${mark}`) ?? false;
}

function end(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(-pid, signal);
	} catch {
		// Gone already.
	}
}
