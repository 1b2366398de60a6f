import {randomBytes} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {link, readFile, rename, rm, writeFile} from 'node:fs/promises';
import {hostname} from 'node:os';
import path from 'node:path';
import {OperatorError} from '../../domain/errors.ts';

export type Holder = {
	pid: number /** Clock ticks since boot at which the process began (Linux). */;
	began: string;
	boot: string;
	host: string;
	actor: string;
	since: string;
	nonce: string;
};

export type Lock = {release(): Promise<void>};

/**
 * One responder acts on an incident at a time. A holder that has died, or was on a machine that has rebooted since, is passed over.
 * @throws OperatorError incident.locked (exit 7)
 */
export async function lockFolder(folder: string, actor: string, options: {takeOver?: boolean} = {}): Promise<Lock> {
	const file = path.join(folder, 'lock');
	const nonce = randomBytes(8).toString('hex');
	const own = path.join(folder, `lock.${nonce}`);
	const self: Holder = {
		pid: process.pid,
		began: beganOf(process.pid),
		boot: bootId(),
		host: hostname(),
		actor,
		since: new Date().toISOString(),
		nonce,
	};
	await writeFile(own, JSON.stringify(self), {mode: 0o600, flag: 'wx'});

	try {
		for (let tries = 0; tries < 20; tries++) {
			// A hard link is made whole or not at all, also on a network file system.
			const taken = await link(own, file).then(
				() => true,
				() => false,
			);
			if (taken) {
				return {release: () => release(file, nonce)};
			}

			const holder = await readHolder(file);
			if (holder && !options.takeOver && isAlive(holder)) {
				throw locked(folder, holder);
			}

			await setAside(file, holder?.nonce, nonce);
		}
	} finally {
		await rm(own, {force: true});
	}

	throw new OperatorError('incident.locked', 'Others are taking this incident at the same moment.', {
		hint: 'Try again.',
		exit: 'locked',
	});
}

/** Who holds the incident in this folder, dead or alive. */
export function holderOf(folder: string): Promise<Holder | undefined> {
	return readHolder(path.join(folder, 'lock'));
}

async function readHolder(file: string): Promise<Holder | undefined> {
	try {
		return JSON.parse(await readFile(file, 'utf8')) as Holder;
	} catch {
		return undefined;
	}
}

export function isAlive(holder: Holder): boolean {
	// Of another machine we cannot know: it counts as alive.
	if (holder.host !== hostname()) {
		return true;
	}

	if (holder.boot !== bootId()) {
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

async function setAside(file: string, seen: string | undefined, nonce: string): Promise<void> {
	const aside = `${file}.stale-${nonce}`;
	if (
		!(await rename(file, aside).then(
			() => true,
			() => false,
		))
	) {
		return;
	}

	// Another one may have replaced the stale lock between our look and our rename: then it is theirs.
	const moved = await readHolder(aside);
	if (moved && moved.nonce !== seen) {
		await link(aside, file).catch(() => {});
	}

	await rm(aside, {force: true});
}

async function release(file: string, nonce: string): Promise<void> {
	if ((await readHolder(file))?.nonce === nonce) {
		await rm(file, {force: true});
	}
}

function locked(folder: string, {actor, pid, host, since}: Holder): OperatorError {
	return new OperatorError(
		'incident.locked',
		`${actor} is working on this incident (process ${pid} on ${host}, since ${since}).`,
		{
			hint: `Read along with \`regmedic watch ${path.basename(folder)}\`, or take it over with \`regmedic resume --take-over ${path.basename(folder)}\`.`,
			exit: 'locked',
		},
	);
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
