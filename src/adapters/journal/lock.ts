import {randomBytes} from 'node:crypto';
import {link, rename, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {OperatorError} from '../../domain/errors.ts';
import {type Holder, isAlive, readHolder, thisProcess} from './holder.ts';

export {type Holder, isAlive} from './holder.ts';

export type Lock = {
	release(): Promise<void>;
	/** False when another one has taken it over. */
	isHeld(): Promise<boolean>;
};

const mostTries = 50;
const pauseMs = 5;

/**
 * One responder acts on an incident at a time. A holder that has died, or was on a machine that has rebooted since, is passed over.
 *
 * `lock` appears by a hard link, which is made whole or not at all, also on a network file system. Whoever wants to remove or
 * replace one first links `lock.after-NONCE`, and so is the only one who may: a look that is out of date does no harm.
 * @throws OperatorError incident.locked (exit 7)
 */
export async function lockFolder(folder: string, actor: string, options: {takeOver?: boolean} = {}): Promise<Lock> {
	const file = path.join(folder, 'lock');
	const nonce = randomBytes(8).toString('hex');
	const own = path.join(folder, `lock.${nonce}`);

	try {
		await writeFile(own, JSON.stringify(thisProcess(actor, nonce)), {mode: 0o600, flag: 'wx'});
		for (let tries = 0; tries < mostTries; tries++) {
			if ((await linked(own, file)) || (await replaced(file, own, folder, options.takeOver ?? false))) {
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

	throw new OperatorError('incident.locked', 'Others are taking this incident at the same moment.', {
		hint: 'Try again.',
		exit: 'locked',
	});
}

/** Who holds the incident in this folder, dead or alive. */
export function holderOf(folder: string): Promise<Holder | undefined> {
	return readHolder(path.join(folder, 'lock')).catch(() => undefined);
}

/** @returns whether the lock is ours now; false: things have moved, look again */
async function replaced(file: string, own: string, folder: string, takeOver: boolean): Promise<boolean> {
	const root = await readHolder(file);
	if (!root) {
		return false;
	}

	const {last, claims} = await claimsAfter(file, root);
	if (isAlive(last) && !takeOver) {
		// It is being given back right now.
		if (last.nonce.endsWith(leaving)) {
			return false;
		}

		throw locked(folder, last);
	}

	const claim = claimOn(file, last);
	if (!(await linked(own, claim))) {
		return false;
	}

	const isStillThere = (await readHolder(file))?.nonce === root.nonce;
	if (isStillThere) {
		await rename(own, file);
	}

	// Whoever comes late with an old look may link these again, and then finds another root.
	for (const each of [...claims, claim]) {
		await rm(each, {force: true});
	}

	return isStillThere;
}

const leaving = '-leaving';

/** Who has claimed the lock after its holder, and after them: the last one counts. */
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
		// A holder who claims their own lock is giving it back.
		last = next.nonce === last.nonce ? {...next, nonce: `${next.nonce}${leaving}`} : next;
	}
}

function claimOn(file: string, {nonce}: Holder): string {
	return `${file}.after-${nonce}`;
}

async function release(file: string, nonce: string): Promise<void> {
	const isOurs = async () => (await readHolder(file))?.nonce === nonce;
	const claim = `${file}.after-${nonce}`;
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
	return new OperatorError(
		'incident.locked',
		`${actor} is working on this incident (process ${pid} on ${host}, since ${since}).`,
		{
			hint: `\`regmedic export ${path.basename(folder)}\` shows how it stands; \`regmedic resume --take-over ${path.basename(folder)}\` takes it over.`,
			exit: 'locked',
		},
	);
}
