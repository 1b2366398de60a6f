/** Waits for something that others wait for, too: an aborted caller leaves, and the rest go on waiting. */
export async function abortable<T>(shared: Promise<T>, signal: AbortSignal): Promise<T> {
	signal.throwIfAborted();
	let leave = () => {};
	const aborted = new Promise<never>((_, reject) => {
		leave = () => reject(signal.reason);
		signal.addEventListener('abort', leave, {once: true});
	});

	try {
		return await Promise.race([shared, aborted]);
	} finally {
		signal.removeEventListener('abort', leave);
	}
}
