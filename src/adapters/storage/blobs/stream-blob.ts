import {OperatorError} from '../../../domain/errors.ts';
import type {Digest} from '../../../domain/image/digest.ts';
import type {Shell, ShellResult} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {blobFile} from '../listing/body-cutter.ts';
import {rejectNoTree} from '../listing/no-tree.ts';
import {blockBytes, blocksOfPiece, notAsLong, sendPieces} from './stream-script.ts';

export type StreamOptions = Waiting & {shell: Shell; root: string; silenceMs?: number};

/** So long at most for all of it; silence ends it sooner. */
const streamTimeoutMs = 24 * 60 * 60_000;
const longestSilenceMs = 60_000;
/** Asked for beyond what was taken: the next piece is on its way while one is used. */
const aheadBytes = 2 * blockBytes * blocksOfPiece;

/**
 * One command sends the blob, a piece for every line on its standard input: a layer of gigabytes never waits in memory for
 * whoever takes it slowly. Leaving the loop ends the command.
 * @throws OperatorError storage.blob-gone | storage.silent
 */
export async function* streamBlob(
	{digest, size}: {digest: Digest; size: number},
	{shell, root, signal, silenceMs = longestSilenceMs}: StreamOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
	signal.throwIfAborted();
	const leaving = new AbortController();
	const arrived: Uint8Array[] = [];
	const news = createBell();
	const room = createBell();
	let taken = 0;
	let end: {result: ShellResult} | {error: unknown} | undefined;

	async function* wanted(): AsyncGenerator<Uint8Array> {
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
				input: wanted(),
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
				await news.rung(silenceMs, () => tooQuiet(shell.place, silenceMs));
			} else {
				taken += chunk.length;
				room.ring();
				yield chunk;
			}
		}

		if ('error' in end) {
			throw end.error;
		}

		rejectNoTree(end.result.exitCode, root, shell.place);
		if (end.result.exitCode !== 0 || taken !== size) {
			throw blobGone(digest, shell.place, end.result.exitCode === notAsLong);
		}
	} finally {
		leaving.abort(new Error('nobody takes the blob any more'));
		room.ring();
	}
}

/** Rings once for whoever waits, or for the next who does. */
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

function blobGone(digest: Digest, place: string, wasOther: boolean): OperatorError {
	const what = wasOther ? 'not there any more, or not as long as they were' : 'not all readable';
	return new OperatorError('storage.blob-gone', `The bytes of ${digest} on ${place} are ${what}.`, {
		hint: 'Scan again: the store has changed since it was looked at.',
		exit: 'failed',
	});
}

function tooQuiet(place: string, silenceMs: number): OperatorError {
	return new OperatorError(
		'storage.silent',
		`No more of the blob came from ${place} for ${silenceMs / 1000} seconds.`,
		{
			hint: 'See whether its disk hangs (`dmesg`, `iostat`), then try again.',
			exit: 'unreachable',
			transient: true,
		},
	);
}
