/**
 * Hears one line after the other, until there are no more or the signal says that nobody listens any longer.
 * A line source that hangs is not waited for.
 */
export async function listen(
	lines: AsyncIterable<string>,
	hear: (line: string) => Promise<void>,
	signal: AbortSignal,
): Promise<void> {
	const iterator = lines[Symbol.asyncIterator]();
	const over = new Promise<{done: true}>(resolve => {
		signal.aborted && resolve({done: true});
		signal.addEventListener('abort', () => resolve({done: true}), {once: true});
	});

	for (;;) {
		// A terminal that went away answers EIO: nobody is there any longer.
		const line: Promise<IteratorResult<string> | {done: true}> = iterator.next().catch(() => ({done: true}));
		const next = await Promise.race([line, over]);
		if (next.done || signal.aborted) {
			break;
		}

		await hear(next.value);
	}

	iterator.return?.().catch(() => {});
}
