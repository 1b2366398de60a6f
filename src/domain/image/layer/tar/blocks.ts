/**
 * Cuts a stream that comes in pieces into what its reader asks for, and skips the rest without a copy.
 * `gather`: so many bytes next, after what is to be skipped.
 */
export function createBlocks(mostBytes: number) {
	let gathered = new Uint8Array(512);
	let have = 0;
	let wanted = 0;
	let take: (bytes: Uint8Array) => void = () => {};
	let data = 0;
	let padding = 0;

	function skipIn(chunk: Uint8Array, at: number): number {
		const ofData = Math.min(data, chunk.length - at);
		const ofPadding = Math.min(padding, chunk.length - at - ofData);
		data -= ofData;
		padding -= ofPadding;
		return at + ofData + ofPadding;
	}

	return {
		gather(bytes: number, then: (bytes: Uint8Array) => void): void {
			have = 0;
			wanted = bytes;
			take = then;
			if (bytes > gathered.length) {
				gathered = new Uint8Array(mostBytes);
			}
		},

		/** Data, and the padding after it, which may be missing at the end of the stream. */
		skip(bytes: number, paddingBytes: number): void {
			data = bytes;
			padding = paddingBytes;
		},

		write(chunk: Uint8Array, isOver: () => boolean): void {
			for (let at = skipIn(chunk, 0); !isOver(); at = skipIn(chunk, at)) {
				if (wanted > 0 && at === chunk.length) {
					return;
				}

				const isWhole = have === 0 && chunk.length - at >= wanted;
				const part = chunk.subarray(at, at + wanted - have);
				at += part.length;
				if (!isWhole) {
					gathered.set(part, have);
					have += part.length;
				}

				if (isWhole || have === wanted) {
					const bytes = isWhole ? part : gathered.subarray(0, wanted);
					have = 0;
					take(bytes);
				}
			}
		},

		/** `data`: of what was to be skipped; `gathered`: of what was asked for. */
		missing: (): {data: boolean; padding: boolean; gathered: boolean} => ({
			data: data > 0,
			padding: padding > 0,
			gathered: have > 0,
		}),
	};
}
