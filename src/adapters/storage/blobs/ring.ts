/**
 * Bytes that wait to be taken, in one buffer that is used again and again. Kept as they arrived, each piece would be garbage that has
 * lived for long when it is taken, and V8 leaves such garbage until it is 64 MB and more.
 */
type Ring = {
	/** @returns how many of these bytes had room; the rest is dropped */
	put(bytes: Uint8Array): number;
	/** The oldest of them that lie together, `most` at most; they are there until `free`. */
	oldest(most: number): Uint8Array;
	/** Makes room: so many of the oldest have been used. */
	free(bytes: number): void;
	readonly length: number;
};

/** @param bytes what it has room for */
export function createRing(bytes: number): Ring {
	const buffer = Buffer.allocUnsafeSlow(bytes);
	let start = 0;
	let length = 0;

	return {
		put(given) {
			const fitting = given.subarray(0, bytes - length);
			const at = (start + length) % bytes;
			const before = fitting.subarray(0, bytes - at);
			buffer.set(before, at);
			buffer.set(fitting.subarray(before.length), 0);
			length += fitting.length;
			return fitting.length;
		},
		oldest: most => buffer.subarray(start, Math.min(start + length, start + most, bytes)),
		free(used) {
			start = (start + used) % bytes;
			length -= used;
		},
		get length() {
			return length;
		},
	};
}
