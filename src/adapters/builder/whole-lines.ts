/** A line longer than this is given out in pieces. */
const longestLineBytes = 128 * 1024;

/**
 * What can be given out of a piece of a growing log: up to the last line end, so that neither a character nor a secret
 * is cut in two.
 */
export function wholeLines(piece: Buffer, {ended}: {ended: boolean}): Buffer {
	if (ended) {
		return piece;
	}

	const end = Math.max(piece.lastIndexOf('\n'), piece.lastIndexOf('\r')) + 1;
	return end === 0 && piece.length >= longestLineBytes ? piece : piece.subarray(0, end);
}
