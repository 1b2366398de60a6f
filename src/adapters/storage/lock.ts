import {OperatorError} from '../../domain/errors.ts';
import type {Shell, ShellResult} from '../../engine/ports/shell.ts';
import type {StorageLock} from '../../engine/ports/storage.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {enterFolder, enterLayout, rejectRootExits} from './store-root.ts';

const heldAtMostMs = 12 * 60 * 60_000;
const takeTimeoutMs = 60_000;
const releaseTimeoutMs = 5000;
const lockExits = {held: 75, heldByFolder: 76} as const;

/**
 * Holds the store for one incident while standard input stays open, that is, while the connection lives. The lock is on the
 * store's own folder, opened for reading: by device and inode, for every user and every path, without a file that another user
 * could have made before. The note in /tmp only says who holds it: what another user wrote there is read as text, and a note
 * is only ever made anew (`set -C`: O_EXCL, which follows no link). Where the folder cannot be locked (no flock; NFS, which
 * wants a file open for writing, see flock(2)), a folder in /tmp is the lock: `mkdir` follows no link either, and what is made
 * in it is made in our own; if the host is killed, an operator must remove it by hand.
 * First line of input: the root; second: who holds it.
 */
export const holdLock = `${enterFolder}IFS= read -r holder
${enterLayout}name=/tmp/regmedic-$(pwd -P | cksum | tr ' ' -)
# A note whose lock is free was left by a holder that was killed.
told() {
	if [ -f "$1" ] && [ ! -L "$1" ] && (exec 8<"$1"; ! flock -n 8) 2>/dev/null; then dd bs=200 count=1 <"$1" 2>/dev/null; fi
}
if command -v flock >/dev/null 2>&1 && exec 9<. && why=$(flock -n 9 2>&1); then
	rm -f "$name.lock" 2>/dev/null
	if (umask 022; set -C; printf '%s\\n' "$holder" >"$name.lock") 2>/dev/null; then
		trap 'rm -f "$name.lock"' EXIT
		exec 8<"$name.lock"
		flock -n 8
	fi
	printf 'held\\n'
	cat >/dev/null
elif [ "\${why-no}" = '' ]; then
	told "$name.lock"
	exit ${lockExits.held}
else
	file=$name.lock.d
	if ! (umask 022; mkdir "$file") 2>/dev/null; then [ ! -f "$file/holder" ] || dd bs=200 count=1 <"$file/holder" 2>/dev/null; exit ${lockExits.heldByFolder}; fi
	printf '%s\\n' "$holder" >"$file/holder"
	trap 'rm -f "$file/holder"; rmdir "$file"' EXIT
	printf 'held\\n'
	cat >/dev/null
fi
`;

/**
 * For the scripts that write: `holds_lock` tells whether \`$holder\` still has the lock of the store, whose folder the script is in. A
 * live note that names somebody else proves the contrary; a lock without a note is ours, or its connection would have told that it is lost.
 */
export const holdsLock = `holds_lock() {
	name=/tmp/regmedic-$(pwd -P | cksum | tr ' ' -)
	if [ -f "$name.lock.d/holder" ] && [ "$(dd bs=200 count=1 <"$name.lock.d/holder" 2>/dev/null)" = "$holder" ]; then return 0; fi
	command -v flock >/dev/null 2>&1 || return 1
	why=$( (exec 9<. && flock -n 9) 2>&1) && return 1
	[ "$why" = '' ] || return 1
	if [ -f "$name.lock" ] && [ ! -L "$name.lock" ] && (exec 8<"$name.lock"; ! flock -n 8) 2>/dev/null; then
		[ "$(dd bs=200 count=1 <"$name.lock" 2>/dev/null)" = "$holder" ]
	fi
}
`;

/**
 * Takes the store's lock and holds it through an open standard input: when the connection ends, so does the lock.
 * @throws OperatorError storage.locked, which names the holder | storage.lock-failed
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
	const stop = () => running.abort(signal.reason);
	const stopLate = () => running.abort(takenTooLate(root, shell.place));
	signal.addEventListener('abort', stop, {once: true});
	taking.addEventListener('abort', stopLate, {once: true});
	let output = '';

	// Nothing in the store changes, so for the shell this is a read: a lost connection needs no further questions.
	const run = shell.run(
		{
			kind: 'read',
			keepsNote: true,
			script: holdLock,
			input: inputUntil(release.promise, `${root}\n${holder.replace(/\s+/g, ' ')}\n`),
			timeoutMs: heldAtMostMs,
			onOutput(chunk) {
				output += Buffer.from(chunk).toString();
				if (/^held$/m.test(output)) {
					held.resolve();
				}
			},
		},
		{signal: running.signal},
	);
	const ended = run.then(
		result => result,
		error => {
			lost.abort(error);
			throw error;
		},
	);

	try {
		const result = await Promise.race([held.promise, ended]);
		if (result !== undefined) {
			throw notTaken(result, {holder: output.trim(), root, place: shell.place});
		}
	} catch (error) {
		release.resolve();
		throw error;
	} finally {
		signal.removeEventListener('abort', stop);
		taking.removeEventListener('abort', stopLate);
	}

	ended.then(
		() => lost.abort(new Error('the lock was released')),
		() => {},
	);
	return {
		holder,
		lost: lost.signal,
		async release() {
			release.resolve();
			// The lock ends with the connection, so a host that does not respond need not be waited for.
			const abandon = () => running.abort(new Error('the lock was released'));
			const timer = setTimeout(abandon, releaseTimeoutMs);
			await ended.catch(() => {});
			clearTimeout(timer);
		},
	};
}

/** Sends the first lines, then keeps standard input open. */
async function* inputUntil(end: Promise<void>, firstLines: string): AsyncGenerator<Uint8Array> {
	yield new TextEncoder().encode(firstLines);
	await end;
}

function takenTooLate(root: string, place: string): OperatorError {
	const seconds = takeTimeoutMs / 1000;
	return new OperatorError('ssh.timeout', `${place} did not lock ${root} within ${seconds} s.`, {
		hint: 'Check whether the host is overloaded, then try again.',
		exit: 'unreachable',
		transient: true,
	});
}

function notTaken(
	result: ShellResult,
	{holder, root, place}: {holder: string; root: string; place: string},
): OperatorError {
	rejectRootExits(result, root, place);
	const {exitCode} = result;

	if (exitCode === lockExits.held || exitCode === lockExits.heldByFolder) {
		return new OperatorError('storage.locked', `${holder || 'Someone else'} is changing ${root} on ${place}.`, {
			hint:
				exitCode === lockExits.held
					? 'Wait until they are done, or ask them to stop.'
					: 'Wait until they are done. If no incident is running, remove the folder /tmp/regmedic-*.lock.d on that host.',
			exit: 'locked',
		});
	}

	return new OperatorError(
		'storage.lock-failed',
		`The store at ${root} on ${place} cannot be locked (exit ${exitCode}).`,
		{
			hint: 'Check that the login user can write to /tmp on that host, and that its storage folder can be read.',
			exit: 'failed',
		},
	);
}
