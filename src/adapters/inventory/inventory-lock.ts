import {randomBytes} from 'node:crypto';
import {link, readFile, rename, rm, stat, writeFile} from 'node:fs/promises';
import {setTimeout as pause} from 'node:timers/promises';
import {OperatorError} from '../../domain/errors.ts';

/** A merge takes seconds: one that was killed leaves a lock of this age. */
const abandonedAfterMs = 120_000;
const patienceMs = 30_000;
const pollMs = 50;

type Waiting = {signal: AbortSignal; patience?: number};

/**
 * Does the work while no other process of any machine does it for this file: shards that end together wait for each other.
 * @param work gets a function that tells whether the lock is still held
 * @throws OperatorError inventory.locked
 */
export async function whileLocked<Result>(
	file: string,
	{signal, patience = patienceMs}: Waiting,
	work: (isHeld: () => Promise<boolean>) => Promise<Result>,
): Promise<Result> {
	const lock = `${file}.lock`;
	const nonce = randomBytes(8).toString('hex');
	const until = performance.now() + patience;
	while (!(await taken(lock, nonce))) {
		await removeAbandoned(lock, nonce);
		if (performance.now() > until) {
			throw new OperatorError('inventory.locked', `Another probe is writing ${file}.`, {
				hint: `What this run saw is not in it; the next run adds it. If no probe runs, remove ${lock}.`,
				exit: 'locked',
			});
		}

		await pause(pollMs, undefined, {signal});
	}

	const isHeld = async () => (await readFile(lock, 'utf8').catch(unlessMissing)) === nonce;
	try {
		return await work(isHeld);
	} finally {
		if (await isHeld()) {
			await rm(lock, {force: true});
		}
	}
}

function taken(lock: string, nonce: string): Promise<boolean> {
	return writeFile(lock, nonce, {flag: 'wx', mode: 0o600}).then(
		() => true,
		(error: NodeJS.ErrnoException) => {
			if (error.code !== 'EEXIST') {
				throw error;
			}

			return false;
		},
	);
}

/** Only one of several processes can move it. Whoever has moved a new lock instead puts it back. */
async function removeAbandoned(lock: string, nonce: string): Promise<void> {
	const isAbandoned = async (file: string) => {
		const found = await stat(file).catch(unlessMissing);
		return found !== undefined && Date.now() - found.mtimeMs > abandonedAfterMs;
	};
	if (!(await isAbandoned(lock))) {
		return;
	}

	const aside = `${lock}.${nonce}`;
	await rename(lock, aside).catch(unlessMissing);
	if (!(await isAbandoned(aside))) {
		await link(aside, lock).catch(() => {});
	}

	await rm(aside, {force: true});
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
	if (error.code !== 'ENOENT') {
		throw error;
	}
}
