import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {hostname} from 'node:os';

/** Who holds an incident. */
export type Holder = {
	pid: number /** Clock ticks since boot at which the process began (Linux). */;
	began: string;
	boot: string;
	host: string;
	actor: string;
	since: string;
	nonce: string;
};

export function thisProcess(actor: string, nonce: string): Holder {
	return {
		pid: process.pid,
		began: beganOf(process.pid),
		boot: bootId(),
		host: hostname(),
		actor,
		since: new Date().toISOString(),
		nonce,
	};
}

/** Undefined: there is no such file. One that a crash has damaged names nobody who lives. */
export async function readHolder(file: string): Promise<Holder | undefined> {
	const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
		if (error.code !== 'ENOENT') {
			throw error;
		}
	});
	if (text === undefined) {
		return undefined;
	}

	const told = readJson(text);
	const nonce = createHash('sha256').update(text).digest('hex').slice(0, 16);
	const nobody = {pid: 0, began: '', boot: '', host: hostname(), actor: 'unknown', since: 'unknown', nonce};
	return {...nobody, ...told, nonce: /^[0-9a-f]{16}$/.test(String(told.nonce)) ? told.nonce! : nonce};
}

export function isAlive(holder: Holder): boolean {
	// Of another machine we cannot know: it counts as alive.
	if (holder.host !== hostname()) {
		return true;
	}

	// Signals to 0 and below go to whole groups.
	if (holder.boot !== bootId() || !Number.isInteger(holder.pid) || holder.pid <= 0) {
		return false;
	}

	try {
		process.kill(holder.pid, 0);
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}

	// A pid is given out again; the time its process began is not.
	return beganOf(holder.pid) === holder.began;
}

function readJson(text: string): Partial<Holder> {
	try {
		const told: unknown = JSON.parse(text);
		return typeof told === 'object' && told !== null ? told : {};
	} catch {
		return {};
	}
}

function bootId(): string {
	try {
		return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
	} catch {
		return 'unknown';
	}
}

/** @see proc(5), /proc/pid/stat, field 22 */
function beganOf(pid: number): string {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
		return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 'unknown';
	} catch {
		return 'unknown';
	}
}
