import type {Shell, ShellResult} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {stalled} from '../stall.ts';
import {createRing} from './ring.ts';

/** `script` prints one piece, of `pieceBytes`, for every line that it reads; `head`: what it reads before the first of them. */
type Pieces = {script: string; head: string; args?: readonly string[]; size: number};

export type PiecesOptions = Waiting & {shell: Shell; stallTimeoutMs?: number};

const streamTimeoutMs = 24 * 60 * 60_000;
const usualStallTimeoutMs = 60_000;
export const blockBytes = 64 * 1024;
export const blocksOfPiece = 32;
const pieceBytes = blockBytes * blocksOfPiece;
/** Requested beyond what was taken: the next piece is on its way while one is used. */
const aheadBytes = 2 * pieceBytes;
/** Handed over at once: while it is used, the room of those before is filled again. */
const mostAtOnce = 512 * 1024;

/**
 * One command sends many bytes, a piece for every line on its standard input, which is the number of the block where the piece
 * begins. So a slow consumer never makes gigabytes of a layer wait in memory. Leaving the loop ends the command. What it yields is
 * there until the next is asked for.
 * @returns how the command ended, and how many bytes it sent
 * @throws OperatorError storage.silent
 */
export async function* streamPieces(
	{script, head, args = [], size}: Pieces,
	{shell, signal, stallTimeoutMs = usualStallTimeoutMs}: PiecesOptions,
): AsyncGenerator<Uint8Array, {result: ShellResult; taken: number}, undefined> {
	signal.throwIfAborted();
	const leaving = new AbortController();
	const arrived = createRing(aheadBytes);
	const news = createBell();
	const room = createBell();
	let taken = 0;
	/** Bytes that were not asked for. */
	let surplus = 0;
	let end: {result: ShellResult} | {error: unknown} | undefined;

	async function* requests(): AsyncGenerator<Uint8Array> {
		yield Buffer.from(head);
		for (let block = 0; block * blockBytes < size; block += blocksOfPiece) {
			while (block * blockBytes + pieceBytes - taken > aheadBytes && !leaving.signal.aborted) {
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
				script,
				args,
				input: requests(),
				timeoutMs: streamTimeoutMs,
				onOutput(chunk) {
					surplus += chunk.length - arrived.put(chunk);
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
			const chunk = arrived.oldest(mostAtOnce);
			if (chunk.length === 0) {
				await news.rung(stallTimeoutMs, () => stalled(shell.place, 'no more of the blob', stallTimeoutMs));
			} else {
				yield chunk;
				arrived.free(chunk.length);
				taken += chunk.length;
				room.ring();
			}
		}

		if ('error' in end) {
			throw end.error;
		}

		return {result: end.result, taken: taken + surplus};
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
