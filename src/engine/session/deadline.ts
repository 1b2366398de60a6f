/** The end of patience for one effect, joined with whoever may call it off. */
export type Deadline = {signal: AbortSignal; isOver(): boolean; clear(): void};

/** What heeds its signal ends at once; after this, what does not is left behind. */
const graceMs = 5_000;

export function deadlineAfter(milliseconds: number, calledOff: AbortSignal): Deadline {
	const over = new AbortController();
	const timer = setTimeout(() => over.abort(new DOMException('The step took too long.', 'TimeoutError')), milliseconds);
	return {
		signal: AbortSignal.any([calledOff, over.signal]),
		isOver: () => over.signal.aborted,
		clear: () => clearTimeout(timer),
	};
}

/** Every wait ends: also one on something that does not listen. */
export function withinDeadline<T>(work: Promise<T>, {signal}: Deadline): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const abandoned = Promise.withResolvers<never>();
	const give = () => {
		timer = setTimeout(() => abandoned.reject(signal.reason), graceMs);
	};
	if (signal.aborted) {
		give();
	} else {
		signal.addEventListener('abort', give, {once: true});
	}

	return Promise.race([work, abandoned.promise]).finally(() => {
		signal.removeEventListener('abort', give);
		clearTimeout(timer);
	});
}
