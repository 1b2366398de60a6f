import {OperatorError} from '../../../domain/errors.ts';
import type {Digest} from '../../../domain/image/digest.ts';
import type {Shell, ShellResult} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {stalled} from '../stall.ts';
import {enterRoot, rejectRootExits} from '../store-root.ts';
import {blobFile} from './read-blob.ts';

type StreamOptions = Waiting & {shell: Shell; root: string; stallTimeoutMs?: number};

const streamTimeoutMs = 24 * 60 * 60_000;
const usualStallTimeoutMs = 60_000;
const blockBytes = 64 * 1024;
const blocksOfPiece = 64;
/** Requested beyond what was taken: the next piece is on its way while one is used. */
const aheadBytes = 2 * blockBytes * blocksOfPiece;
const otherLength = 68;

/**
 * The path of the blob and its length follow the root. Each further line is the number of a block; the script prints the
 * piece that begins there. dd skips by seeking, in coreutils and in busybox. Ends with its standard input.
 */
const sendPieces = `${enterRoot}
IFS= read -r file
IFS= read -r size
[ -f "$file" ] || exit ${otherLength}
set -- $(ls -lnL "$file")
[ "$5" = "$size" ] || exit ${otherLength}
while IFS= read -r block; do
	dd if="$file" bs=${blockBytes} skip="$block" count=${blocksOfPiece} 2>/dev/null || exit 1
done
`;

/**
 * One command sends the blob, a piece for every line on its standard input, so a slow consumer never makes gigabytes of
 * a layer wait in memory. Leaving the loop ends the command.
 * @throws OperatorError storage.blob-gone | storage.silent
 */
export async function* streamBlob(
	{digest, size}: {digest: Digest; size: number},
	{shell, root, signal, stallTimeoutMs = usualStallTimeoutMs}: StreamOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
	signal.throwIfAborted();
	const leaving = new AbortController();
	const arrived: Uint8Array[] = [];
	const news = createBell();
	const room = createBell();
	let taken = 0;
	let end: {result: ShellResult} | {error: unknown} | undefined;

	async function* requests(): AsyncGenerator<Uint8Array> {
		yield Buffer.from(`${root}\n${blobFile(digest)}\n${size}\n`);
		for (let block = 0; block * blockBytes < size; block += blocksOfPiece) {
			while ((block + blocksOfPiece) * blockBytes - taken > aheadBytes && !leaving.signal.aborted) {
				await room.rung();
			}

			if (leaving.signal.aborted) {
				return;
			}

			yield Buffer.from(`${block}\n`);
		}
	}

	shell
		.run(
			{
				kind: 'read',
				script: sendPieces,
				input: requests(),
				timeoutMs: streamTimeoutMs,
				onOutput(chunk) {
					arrived.push(chunk);
					news.ring();
				},
			},
			{signal: AbortSignal.any([signal, leaving.signal])},
		)
		.then(
			result => {
				end = {result};
			},
			error => {
				end = {error};
			},
		)
		.finally(news.ring);

	try {
		while (end === undefined || arrived.length > 0) {
			const chunk = arrived.shift();
			if (chunk === undefined) {
				await news.rung(stallTimeoutMs, () => stalled(shell.place, 'no more of the blob', stallTimeoutMs));
			} else {
				taken += chunk.length;
				room.ring();
				yield chunk;
			}
		}

		if ('error' in end) {
			throw end.error;
		}

		rejectRootExits(end.result, root, shell.place);
		if (end.result.exitCode !== 0 || taken !== size) {
			throw blobGone(digest, shell.place, end.result.exitCode === otherLength);
		}
	} finally {
		leaving.abort(new Error('the reader of the blob has left'));
		room.ring();
	}
}

/** Wakes the one who waits, or the next one to wait. */
function createBell() {
	let bell = Promise.withResolvers<void>();

	return {
		ring: () => bell.resolve(),
		async rung(withinMs?: number, tooLate?: () => Error): Promise<void> {
			const current = bell;
			const timer = withinMs === undefined ? undefined : setTimeout(() => current.reject(tooLate!()), withinMs);
			try {
				await current.promise;
			} finally {
				clearTimeout(timer);
				bell = Promise.withResolvers();
			}
		},
	};
}

function blobGone(digest: Digest, place: string, hasOtherLength: boolean): OperatorError {
	const message = hasOtherLength
		? `${digest} on ${place} no longer exists, or has another length.`
		: `Not every byte of ${digest} on ${place} could be read.`;
	return new OperatorError('storage.blob-gone', message, {
		hint: 'Scan again: the store has changed since the last scan.',
		exit: 'failed',
	});
}
