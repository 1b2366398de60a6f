import {enter} from '../scripts.ts';

export const blockBytes = 64 * 1024;
export const blocksOfPiece = 64;
export const notAsLong = 68;

/**
 * The path of one blob and its length follow the root. After that each line is the number of a block, and is answered with
 * the piece that begins there: dd skips by seeking, in coreutils and in busybox. Ends with its standard input.
 */
export const sendPieces = `${enter}
IFS= read -r file
IFS= read -r size
[ -f "$file" ] || exit ${notAsLong}
set -- $(ls -lnL "$file")
[ "$5" = "$size" ] || exit ${notAsLong}
while IFS= read -r block; do
	dd if="$file" bs=${blockBytes} skip="$block" count=${blocksOfPiece} 2>/dev/null || exit 1
done
`;
