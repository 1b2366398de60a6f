import type {Dispatcher} from 'undici';

/** What came in while nobody was reading yet; beyond that the connection is told to wait. */
const mostWaiting = 256 * 1024;

/** The time for the whole exchange is over. */
export class TimeUp extends Error {
	override readonly name = 'TimeUp';
}

/** A body, to be read once, or dropped. */
export type Body = {
	/** Hands over what comes, in order. `false` is enough: the rest is dropped. @throws what broke it; what `onChunk` throws */
	read(onChunk: (chunk: Uint8Array) => unknown): Promise<void>;
	/** Drops what is left, and the connection with it. */
	drop(): void;
};

export type Exchange = {status: number; headers: Record<string, string | string[] | undefined>; body: Body};

/**
 * One request and its answer, without the stream and the second AbortController that undici's `request` makes for each:
 * a walk is thousands of tiny answers.
 * @param onSending when bytes may leave this machine
 * @param onOver when nothing of it is left
 * @throws the reason of the signal | TimeUp | what undici found
 */
export function exchange(
	dispatcher: Dispatcher,
	request: Dispatcher.DispatchOptions,
	signal: AbortSignal,
	milliseconds: number,
	{onSending, onOver}: {onSending?: (() => void) | undefined; onOver?: (() => void) | undefined} = {},
): Promise<Exchange> {
	return new Promise((resolve, reject) => {
		let controller: Dispatcher.DispatchController | undefined;
		let isOver = false;
		let failure: {error: unknown} | undefined;
		let chunks: Uint8Array[] = [];
		let waiting = 0;
		let reader: {onChunk(chunk: Uint8Array): unknown; done(): void; failed(error: unknown): void} | undefined;

		const timer = setTimeout(() => fail(new TimeUp()), milliseconds);
		const stop = () => fail(signal.reason);
		signal.addEventListener('abort', stop, {once: true});

		function over(): void {
			isOver = true;
			clearTimeout(timer);
			signal.removeEventListener('abort', stop);
			onOver?.();
		}

		function fail(error: unknown): void {
			if (isOver) {
				return;
			}

			failure = {error};
			over();
			controller?.abort(error as Error);
			reject(error);
			reader?.failed(error);
		}

		/** @returns whether the reader wants more */
		function hand(chunk: Uint8Array): boolean {
			try {
				if (reader!.onChunk(chunk) !== false) {
					return true;
				}

				reader!.done();
			} catch (error) {
				reader!.failed(error);
			}

			fail(undefined);
			return false;
		}

		const body: Body = {
			read: onChunk =>
				new Promise((done, failed) => {
					reader = {onChunk, done, failed};
					const early = chunks;
					chunks = [];

					// What came before a failure still counts.
					if (!early.every(hand)) {
						return;
					}

					if (!isOver) {
						controller?.resume();
					} else if (failure) {
						failed(failure.error);
					} else {
						done();
					}
				}),
			drop: () => fail(undefined),
		};

		dispatcher.dispatch(request, {
			onRequestStart(started) {
				controller = started;
				if (isOver) {
					started.abort(failure?.error as Error);
				} else {
					onSending?.();
				}
			},
			onResponseStart(_, status, headers) {
				// 103 and its like come before the answer.
				if (status >= 200) {
					resolve({status, headers, body});
				}
			},
			onResponseData(_, chunk) {
				if (reader) {
					hand(chunk);
					return;
				}

				chunks.push(chunk);
				waiting += chunk.length;
				if (waiting > mostWaiting) {
					controller?.pause();
				}
			},
			onResponseEnd() {
				if (!isOver) {
					over();
					reader?.done();
				}
			},
			onResponseError(_, error) {
				fail(error);
			},
		});
	});
}
