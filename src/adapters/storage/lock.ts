import {OperatorError} from '../../domain/errors.ts';
import type {Shell} from '../../engine/ports/shell.ts';
import type {StorageLock} from '../../engine/ports/storage.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {rejectNoTree} from './listing/no-tree.ts';
import {holdLock} from './scripts.ts';

const heldAtMostMs = 12 * 60 * 60_000;
const takeTimeoutMs = 60_000;
const releaseTimeoutMs = 5000;
const lockExits = {notAFile: 70, held: 75, heldByFolder: 76} as const;

/**
 * Takes the store's lock and holds it through an open standard input: whatever ends the connection ends the lock.
 * @throws OperatorError storage.locked, which names the holder
 */
export async function lockStore({
	shell,
	root,
	holder,
	signal,
}: Waiting & {shell: Shell; root: string; holder: string}): Promise<StorageLock> {
	signal.throwIfAborted();
	const release = Promise.withResolvers<void>();
	const held = Promise.withResolvers<void>();
	const lost = new AbortController();
	const taking = AbortSignal.timeout(takeTimeoutMs);
	const running = new AbortController();
	const abandon = (reason: unknown) => running.abort(reason);
	const stop = () => abandon(signal.reason);
	signal.addEventListener('abort', stop, {once: true});
	taking.addEventListener('abort', stopLate, {once: true});
	let said = '';

	// Nothing of the store changes: to the shell this is a read, so a cut connection is just that.
	const run = shell.run(
		{
			kind: 'read',
			script: holdLock,
			input: lease(`${root}\n${holder.replace(/\s+/g, ' ')}\n`, release.promise),
			timeoutMs: heldAtMostMs,
			onOutput(chunk) {
				said += Buffer.from(chunk).toString();
				if (/^held$/m.test(said)) {
					held.resolve();
				}
			},
		},
		{signal: running.signal},
	);
	const ended = run.then(
		({exitCode}) => exitCode,
		error => {
			lost.abort(error);
			throw error;
		},
	);

	try {
		const exitCode = await Promise.race([held.promise, ended]);
		if (exitCode !== undefined) {
			release.resolve();
			throw notTaken(exitCode, said.trim(), root, shell.place);
		}
	} catch (error) {
		release.resolve();
		throw error;
	} finally {
		signal.removeEventListener('abort', stop);
		taking.removeEventListener('abort', stopLate);
	}

	ended.then(
		() => lost.abort(new Error('the lock was given up')),
		() => {},
	);
	return {
		lost: lost.signal,
		async release() {
			release.resolve();
			// With the connection its lock ends, too: a host that does not answer is not waited for.
			const enough = setTimeout(() => abandon(new Error('the lock was given up')), releaseTimeoutMs);
			await ended.catch(() => {});
			clearTimeout(enough);
		},
	};

	function stopLate() {
		abandon(
			new OperatorError('ssh.timeout', `The lock of ${root} on ${shell.place} was not answered for.`, {
				hint: 'See whether the host is overloaded, then try again.',
				exit: 'unreachable',
				transient: true,
			}),
		);
	}
}

async function* lease(first: string, released: Promise<void>): AsyncGenerator<Uint8Array> {
	yield new TextEncoder().encode(first);
	await released;
}

function notTaken(exitCode: number, holder: string, root: string, place: string): Error {
	rejectNoTree(exitCode, root, place);

	if (exitCode === lockExits.held || exitCode === lockExits.heldByFolder) {
		const byHand =
			exitCode === lockExits.held
				? 'Wait until they are done, or ask them to stop.'
				: 'Wait until they are done; if nobody is at work, remove the folder /tmp/regmedic-*.lock.d on that host.';
		return new OperatorError(
			'storage.locked',
			`${root} on ${place} is being changed by ${holder || 'somebody else'}.`,
			{
				hint: byHand,
				exit: 'locked',
			},
		);
	}

	return new OperatorError(
		'storage.lock-failed',
		`The store at ${root} on ${place} cannot be locked (exit ${exitCode}).`,
		{
			hint: 'See whether /tmp on that host can be written, and that /tmp/regmedic-*.lock is a plain file.',
			exit: 'failed',
		},
	);
}
