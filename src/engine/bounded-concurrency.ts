/** Starts work in the order of the calls, no more at a time than it is allowed to. */
export type Limiter = {
	run<Result>(work: () => Promise<Result>): Promise<Result>;
	/** Work that has started and not ended. */
	underWay(): number;
	/** Whether other work is waiting for a start. */
	isFull(): boolean;
};

type Waiter = {start: () => void; reject: (reason: unknown) => void};

/** Starts at the head of the queue that are kept before the queue is copied. */
const mostSpent = 1024;

/**
 * @param limit how much work may be under way now; read again whenever work ends
 * @param signal its abort rejects all work that has not started
 */
export function createLimiter(limit: () => number, signal?: AbortSignal): Limiter {
	// A queue with a moving head: shifting a long array would cost as much as its length.
	let waiting: Waiter[] = [];
	let head = 0;
	let underWay = 0;

	function startNext(): void {
		while (head < waiting.length && underWay < limit()) {
			const next = waiting[head++]!;
			underWay++;
			next.start();
		}

		if (head === waiting.length && head > 0) {
			waiting = [];
			head = 0;
			signal?.removeEventListener('abort', rejectWaiting);
		} else if (head > mostSpent) {
			waiting = waiting.slice(head);
			head = 0;
		}
	}

	function rejectWaiting(): void {
		const left = waiting.slice(head);
		waiting = [];
		head = 0;

		for (const {reject} of left) {
			reject(signal?.reason);
		}
	}

	function start(): Promise<void> {
		signal?.throwIfAborted();

		if (underWay < limit() && head === waiting.length) {
			underWay++;
			return Promise.resolve();
		}

		if (waiting.length === 0) {
			signal?.addEventListener('abort', rejectWaiting, {once: true});
		}

		const {promise, resolve, reject} = Promise.withResolvers<void>();
		waiting.push({start: resolve, reject});
		return promise;
	}

	return {
		underWay: () => underWay,
		isFull: () => head < waiting.length,
		async run(work) {
			await start();

			try {
				return await work();
			} finally {
				underWay--;
				startNext();
			}
		},
	};
}

/** Works on the items of `next`, several at a time, until there are no more. The first rejection is thrown at once. */
export async function forEachConcurrently<Item>(
	next: () => Promise<Item | undefined> | Item | undefined,
	atATime: number,
	work: (item: Item) => Promise<void>,
): Promise<void> {
	let isStopped = false;

	async function worker(): Promise<void> {
		try {
			for (let item = await next(); item !== undefined && !isStopped; item = await next()) {
				await work(item);
			}
		} catch (error) {
			isStopped = true;
			throw error;
		}
	}

	await Promise.all(Array.from({length: atATime}, worker));
}
