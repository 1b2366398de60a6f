/** Keeps the last bytes of a stream that must be drained: nine unread megabytes on stderr stop the remote command. */
export function createTail(limit = 64 * 1024): {push(chunk: Uint8Array): void; text(): string} {
	let chunks: Uint8Array[] = [];
	let size = 0;

	return {
		push(chunk) {
			chunks.push(chunk);
			size += chunk.length;
			if (size > limit * 2) {
				chunks = [last()];
				size = limit;
			}
		},
		text: () => new TextDecoder().decode(last()),
	};

	function last(): Uint8Array {
		const whole = Buffer.concat(chunks);
		return whole.subarray(Math.max(0, whole.length - limit));
	}
}
