import {OperatorError} from '../../../domain/errors.ts';
import type {Digest} from '../../../domain/image/digest.ts';
import {enterRoot, rejectRootExits} from '../store-root.ts';
import {blobFile} from './read-blob.ts';
import {blockBytes, blocksOfPiece, type PiecesOptions, streamPieces} from './stream-pieces.ts';

const otherLength = 68;

/**
 * The path of the blob and its length follow the root. Each further line is the number of a block; the script prints the
 * piece that begins there. dd skips by seeking, in coreutils and in busybox. Ends with its standard input.
 */
export const sendPieces = `${enterRoot}
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
 * Streams a blob of the store in bounded memory.
 * @throws OperatorError storage.blob-gone | storage.silent
 */
export async function* streamBlob(
	{digest, size}: {digest: Digest; size: number},
	{root, ...options}: PiecesOptions & {root: string},
): AsyncGenerator<Uint8Array, void, undefined> {
	const {place} = options.shell;
	const head = `${root}\n${blobFile(digest)}\n${size}\n`;
	const {result, taken} = yield* streamPieces({script: sendPieces, head, size}, options);
	rejectRootExits(result, root, place);
	if (result.exitCode !== 0 || taken !== size) {
		throw blobGone(digest, place, result.exitCode === otherLength);
	}
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
