import type {Dispatcher} from 'undici';

/** Bytes that may arrive before the body is read; beyond that the connection is paused. */
const mostUnreadBytes = 256 * 1024;

/** The last byte had not arrived by the deadline. */
export class DeadlinePassed extends Error {
	override readonly name = 'DeadlinePassed';
}

/** A body, to be read once or dropped. */
export type Body = {
	/**
	 * Hands over the chunks as they arrive. Where `onChunk` returns false, the rest is dropped.
	 * @throws what broke the connection; what `onChunk` throws
	 */
	read(onChunk: (chunk: Uint8Array) => unknown): Promise<void>;
	/** Drops what is left, and the connection with it. */
	drop(): void;
};

export type Exchange = {status: number; headers: Record<string, string | string[] | undefined>; body: Body};

type Reader = {onChunk: (chunk: Uint8Array) => unknown; done: () => void; failed: (error: unknown) => void};

type ExchangeOptions = {
	signal: AbortSignal;
	/** Until the last byte of the response. */
	deadlineMs: number;
	/** Called when bytes may leave this machine. */
	onSending?: (() => void) | undefined;
	/** Called once: the response has ended, failed or was dropped. */
	onEnd?: (() => void) | undefined;
};

/**
 * One request and its response, without the stream and the second AbortController that undici's `request` makes for each:
 * a walk is thousands of tiny responses.
 * @throws the signal's reason | DeadlinePassed | undici's error
 */
export function exchange(
	dispatcher: Dispatcher,
	request: Dispatcher.DispatchOptions,
	{signal, deadlineMs, onSending, onEnd}: ExchangeOptions,
): Promise<Exchange> {
	return new Promise((resolve, reject) => {
		let controller: Dispatcher.DispatchController | undefined;
		let hasEnded = false;
		let failure: {error: unknown} | undefined;
		let unread: Uint8Array[] = [];
		let unreadBytes = 0;
		let reader: Reader | undefined;

		const timer = setTimeout(() => fail(new DeadlinePassed()), deadlineMs);
		const abort = () => fail(signal.reason);
		signal.addEventListener('abort', abort, {once: true});

		function end(): void {
			hasEnded = true;
			clearTimeout(timer);
			signal.removeEventListener('abort', abort);
			onEnd?.();
		}

		function fail(error: unknown): void {
			if (hasEnded) {
				return;
			}

			failure = {error};
			end();
			controller?.abort(error as Error);
			reject(error);
			reader?.failed(error);
		}

		/** @returns whether the reader wants more */
		function handOver(chunk: Uint8Array, {onChunk, done, failed}: Reader): boolean {
			try {
				if (onChunk(chunk) !== false) {
					return true;
				}

				done();
			} catch (error) {
				failed(error);
			}

			fail(undefined);
			return false;
		}

		const body: Body = {
			read: onChunk =>
				new Promise((done, failed) => {
					const opened: Reader = {onChunk, done, failed};
					reader = opened;
					const early = unread;
					unread = [];

					// Chunks that arrived before a failure are still handed over.
					if (!early.every(chunk => handOver(chunk, opened))) {
						return;
					}

					if (!hasEnded) {
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
				if (hasEnded) {
					started.abort(failure?.error as Error);
				} else {
					onSending?.();
				}
			},
			onResponseStart(_, status, headers) {
				// Informational responses such as 103 come before the real one.
				if (status >= 200) {
					resolve({status, headers, body});
				}
			},
			onResponseData(_, chunk) {
				if (reader) {
					handOver(chunk, reader);
					return;
				}

				unread.push(chunk);
				unreadBytes += chunk.length;
				if (unreadBytes > mostUnreadBytes) {
					controller?.pause();
				}
			},
			onResponseEnd() {
				if (!hasEnded) {
					end();
					reader?.done();
				}
			},
			onResponseError(_, error) {
				fail(error);
			},
		});
	});
}
