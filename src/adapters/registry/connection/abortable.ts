/** Waits for what others wait for, too: whoever is aborted leaves, the rest go on. */
export async function abortable<T>(shared: Promise<T>, signal: AbortSignal): Promise<T> {
	signal.throwIfAborted();
	let leave = () => {};
	const left = new Promise<never>((_, reject) => {
		leave = () => reject(signal.reason);
		signal.addEventListener('abort', leave, {once: true});
	});

	try {
		return await Promise.race([shared, left]);
	} finally {
		signal.removeEventListener('abort', leave);
	}
}
