import {randomBytes} from 'node:crypto';
import {link, rename, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {OperatorError} from '../../domain/errors.ts';
import type {Processes} from '../../engine/ports/processes.ts';
import {type Holder, isAlive, readHolder, thisProcess} from './lock-holder.ts';

export type Lock = {
	release(): Promise<void>;
	/** False when another process has taken it over. */
	isHeld(): Promise<boolean>;
};

type LockOptions = {
	actor: string;
	processes: Processes;
	/** Take the lock even if another process holds it. */
	takeOver?: boolean;
};

const mostTries = 50;
const pauseMs = 5;

/**
 * Takes the lock of an incident: one process acts on it at a time. A holder that died, or whose machine was rebooted, is
 * ignored.
 *
 * `lock` is created by a hard link, which is made whole or not at all, also on a network file system. To remove or replace
 * a lock, a process first links `lock.after-NONCE`; only one can, so a process that read an old lock does no harm.
 * @throws OperatorError incident.locked (exit 7)
 */
export async function lockFolder(folder: string, options: LockOptions): Promise<Lock> {
	const {actor, processes} = options;
	const file = path.join(folder, 'lock');
	const nonce = randomBytes(8).toString('hex');
	const own = path.join(folder, `lock.${nonce}`);

	try {
		await writeFile(own, JSON.stringify(thisProcess(actor, nonce, processes)), {mode: 0o600, flag: 'wx'});
		for (let tries = 0; tries < mostTries; tries++) {
			if ((await linked(own, file)) || (await replaced(file, own, options))) {
				return {
					release: () => release(file, nonce),
					isHeld: async () => (await readHolder(file))?.nonce === nonce,
				};
			}

			await wait(pauseMs);
		}
	} finally {
		await rm(own, {force: true});
	}

	throw new OperatorError('incident.locked', 'Other processes are taking this incident at the same moment.', {
		hint: 'Try again.',
		exit: 'locked',
	});
}

/** The holder of the incident in this folder, dead or alive. */
export function holderOf(folder: string): Promise<Holder | undefined> {
	return readHolder(path.join(folder, 'lock')).catch(() => undefined);
}

/** @returns whether the lock is ours now; false: it has changed meanwhile, try again */
async function replaced(file: string, own: string, {processes, takeOver = false}: LockOptions): Promise<boolean> {
	const root = await readHolder(file);
	if (!root) {
		return false;
	}

	const {last, claims} = await claimsAfter(file, root);
	if (isAlive(last, processes) && !takeOver) {
		// The holder is releasing it right now.
		if (last.nonce.endsWith(releasing)) {
			return false;
		}

		throw locked(path.dirname(file), last);
	}

	const claim = claimOn(file, last);
	if (!(await linked(own, claim))) {
		return false;
	}

	const isUnchanged = (await readHolder(file))?.nonce === root.nonce;
	if (isUnchanged) {
		await rename(own, file);
	}

	// A process that read the old lock may link these again; it then finds another root.
	for (const each of [...claims, claim]) {
		await rm(each, {force: true});
	}

	return isUnchanged;
}

/** Also part of a file name on the disk: processes of other versions read it. */
const releasing = '-leaving';

/** The processes that have claimed the lock after its holder. The last one counts. */
async function claimsAfter(file: string, root: Holder): Promise<{last: Holder; claims: string[]}> {
	const claims: string[] = [];
	let last = root;

	for (;;) {
		const claim = claimOn(file, last);
		const next = await readHolder(claim);
		if (!next || claims.length > mostTries) {
			return {last, claims};
		}

		claims.push(claim);
		// A holder that claims its own lock is releasing it.
		last = next.nonce === last.nonce ? {...next, nonce: `${next.nonce}${releasing}`} : next;
	}
}

function claimOn(file: string, {nonce}: Pick<Holder, 'nonce'>): string {
	return `${file}.after-${nonce}`;
}

async function release(file: string, nonce: string): Promise<void> {
	const isOurs = async () => (await readHolder(file))?.nonce === nonce;
	const claim = claimOn(file, {nonce});
	if (!(await isOurs()) || !(await linked(file, claim))) {
		return;
	}

	if (await isOurs()) {
		await rm(file, {force: true});
	}

	await rm(claim, {force: true});
}

async function linked(from: string, to: string): Promise<boolean> {
	return link(from, to).then(
		() => true,
		(error: NodeJS.ErrnoException) => {
			if (error.code === 'EEXIST' || error.code === 'ENOENT') {
				return false;
			}

			throw error;
		},
	);
}

function locked(folder: string, {actor, pid, host, since}: Holder): OperatorError {
	const name = path.basename(folder);
	return new OperatorError(
		'incident.locked',
		`${actor} is working on this incident (process ${pid} on ${host}, since ${since}).`,
		{
			hint: `\`regmedic export ${name}\` shows its state; \`regmedic resume --take-over ${name}\` takes it over.`,
			exit: 'locked',
		},
	);
}
