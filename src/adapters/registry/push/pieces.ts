/** The same bytes in pieces of one length; the last is what is left. Nothing at all makes no piece. */
export async function* inPieces(bytes: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Buffer> {
	let piece = Buffer.allocUnsafe(length);
	let filled = 0;

	for await (const chunk of bytes) {
		for (let at = 0; at < chunk.length; ) {
			const part = chunk.subarray(at, at + length - filled);
			piece.set(part, filled);
			at += part.length;
			filled += part.length;
			if (filled === length) {
				yield piece;
				piece = Buffer.allocUnsafe(length);
				filled = 0;
			}
		}
	}

	if (filled > 0) {
		yield piece.subarray(0, filled);
	}
}
