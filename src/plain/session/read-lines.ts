/**
 * Hands on one line after the other until there are no more, or until the signal is aborted. A source that hangs is not
 * waited for.
 */
export async function readLines(
	lines: AsyncIterable<string>,
	take: (line: string) => Promise<void>,
	signal: AbortSignal,
): Promise<void> {
	const iterator = lines[Symbol.asyncIterator]();
	const over = new Promise<{done: true}>(resolve => {
		signal.aborted && resolve({done: true});
		signal.addEventListener('abort', () => resolve({done: true}), {once: true});
	});

	for (;;) {
		// Reading from a terminal that went away fails with EIO: the input has ended.
		const line: Promise<IteratorResult<string> | {done: true}> = iterator.next().catch(() => ({done: true}));
		const next = await Promise.race([line, over]);
		if (next.done || signal.aborted) {
			break;
		}

		await take(next.value);
	}

	iterator.return?.().catch(() => {});
}
