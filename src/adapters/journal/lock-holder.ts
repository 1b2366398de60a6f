import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {hostname} from 'node:os';
import * as v from 'valibot';
import type {Processes} from '../../engine/ports/processes.ts';
import {readRegularFile} from './private-files.ts';

/** The process that holds an incident, and the person it works for. */
export type Holder = {
	pid: number;
	/** Clock ticks since boot at which the process began (Linux). */
	began: string;
	boot: string;
	host: string;
	actor: string;
	/** ISO 8601, UTC */
	since: string;
	/** 16 hexadecimal digits; it names one taking of the lock. */
	nonce: string;
};

export function thisProcess(actor: string, nonce: string, {own}: Processes): Holder {
	return {
		pid: own,
		began: beganOf(own),
		boot: bootId(),
		host: hostname(),
		actor,
		since: new Date().toISOString(),
		nonce,
	};
}

/** @returns undefined when there is no such file. A file that a crash has damaged names no living process. */
export async function readHolder(file: string): Promise<Holder | undefined> {
	const bytes = await readRegularFile(file).catch((error: NodeJS.ErrnoException) => {
		if (error.code !== 'ENOENT') {
			throw error;
		}
	});
	return bytes === undefined ? undefined : parseHolder(bytes.toString('utf8'));
}

/** @returns whether the process exists. That of another machine counts as alive: it cannot be known. */
export function isAlive(holder: Holder, processes: Processes): boolean {
	if (holder.host !== hostname()) {
		return true;
	}

	// A signal to 0 or to a negative number goes to a whole group.
	if (holder.boot !== bootId() || !Number.isInteger(holder.pid) || holder.pid <= 0) {
		return false;
	}

	try {
		processes.kill(holder.pid, 0);
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}

	// The system gives a pid out again, but not with the same start time.
	return beganOf(holder.pid) === holder.began;
}

function parseHolder(text: string): Holder {
	const nonceOfText = createHash('sha256').update(text).digest('hex').slice(0, 16);
	const schema = v.object({
		pid: v.fallback(v.number(), 0),
		began: v.fallback(v.string(), ''),
		boot: v.fallback(v.string(), ''),
		host: v.fallback(v.string(), hostname()),
		actor: v.fallback(v.string(), 'unknown'),
		since: v.fallback(v.string(), 'unknown'),
		nonce: v.fallback(v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)), nonceOfText),
	});
	const read = v.safeParse(schema, readJson(text));
	return read.success ? read.output : v.parse(schema, {});
}

function readJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
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
