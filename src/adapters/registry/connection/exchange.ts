import type {Dispatcher} from 'undici';
import {longestTimerMs} from '../../../domain/text/time.ts';

/** Bytes that may arrive before the body is read; beyond that the connection is paused. */
const mostUnreadBytes = 256 * 1024;

/** The last byte had not arrived by the deadline, or too few had in a window of time. */
export class DeadlinePassed extends Error {
	override readonly name = 'DeadlinePassed';
}

/** What the client library says of a connection or a response: never a bug of ours, whatever it is. */
export class ExchangeFailed extends Error {
	override readonly name = 'ExchangeFailed';
}

/** A body, to be read once or dropped. */
export type Body = {
	/**
	 * Hands over the chunks as they arrive. Where `onChunk` returns false, the rest is dropped; where it returns a promise, the
	 * next chunk waits for it, and the connection is paused.
	 * @throws as `exchange`; what `onChunk` throws
	 */
	read(onChunk: (chunk: Uint8Array) => unknown): Promise<void>;
	/** Drops what is left, and the connection with it. */
	drop(): void;
};

export type Exchange = {status: number; headers: Record<string, string | string[] | undefined>; body: Body};

type Reader = {onChunk: (chunk: Uint8Array) => unknown; done: () => void; failed: (error: unknown) => void};

/** The least that has to arrive in each window of time. */
type Pace = {bytes: number; windowMs: number};

type ExchangeOptions = {
	signal: AbortSignal;
	/** Until the last byte of the response. */
	deadlineMs: number;
	/** Of a body that may be large. */
	pace?: Pace | undefined;
	/** Called when bytes may leave this machine. */
	onSending?: (() => void) | undefined;
	/** Called once: the response has ended, failed or was dropped. */
	onEnd?: (() => void) | undefined;
};

/**
 * One request and its response, without the stream and the second AbortController that undici's `request` makes for each:
 * a walk is thousands of tiny responses.
 * @throws the signal's reason | DeadlinePassed | ExchangeFailed, with undici's error as its cause
 */
export function exchange(
	dispatcher: Dispatcher,
	request: Dispatcher.DispatchOptions,
	{signal, deadlineMs, pace, onSending, onEnd}: ExchangeOptions,
): Promise<Exchange> {
	return new Promise((resolve, reject) => {
		let controller: Dispatcher.DispatchController | undefined;
		let hasEnded = false;
		let failure: {error: unknown} | undefined;
		const unread: Uint8Array[] = [];
		let unreadBytes = 0;
		let isHeld = false;
		let reader: Reader | undefined;

		const timer = setTimeout(() => fail(new DeadlinePassed()), Math.min(deadlineMs, longestTimerMs));
		const pacing = pace && setInterval(keepPace, pace.windowMs);
		let arrived = 0;
		const abort = () => fail(signal.reason);
		signal.addEventListener('abort', abort, {once: true});

		function end(): void {
			hasEnded = true;
			clearTimeout(timer);
			clearInterval(pacing);
			signal.removeEventListener('abort', abort);
			onEnd?.();
		}

		/** Bytes that wait for us to read them say nothing about the server. */
		function keepPace(): void {
			if (arrived < pace!.bytes && unread.length === 0 && !isHeld) {
				fail(new DeadlinePassed());
			}

			arrived = 0;
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
				const wanted = onChunk(chunk);
				if (wanted instanceof Promise) {
					hold(wanted, {onChunk, done, failed});
					return true;
				}

				if (wanted !== false) {
					return true;
				}

				done();
			} catch (error) {
				failed(error);
			}

			fail(undefined);
			return false;
		}

		/** Nothing more is handed over until the reader is ready for it. */
		function hold(until: Promise<unknown>, opened: Reader): void {
			isHeld = true;
			controller?.pause();
			until.then(
				wanted => {
					isHeld = false;
					if (wanted === false) {
						opened.done();
						fail(undefined);
					} else {
						handOverAll(opened);
					}
				},
				error => {
					opened.failed(error);
					fail(undefined);
				},
			);
		}

		/** Chunks that arrived before a failure are still handed over. */
		function handOverAll(opened: Reader): void {
			while (!isHeld && unread.length > 0) {
				const chunk = unread.shift()!;
				unreadBytes -= chunk.length;
				if (!handOver(chunk, opened)) {
					return;
				}
			}

			if (isHeld) {
				return;
			}

			if (!hasEnded) {
				controller?.resume();
			} else if (failure) {
				opened.failed(failure.error);
			} else {
				opened.done();
			}
		}

		const body: Body = {
			read: onChunk =>
				new Promise((done, failed) => {
					reader = {onChunk, done, failed};
					handOverAll(reader);
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
				// A resumed parser hands over an empty chunk while it waits for more. A reader who is ready at once would resume it
				// again, and nothing else would ever run. @see undici 8 client-h1.js, resume: execute(EMPTY_BUF)
				if (chunk.length === 0) {
					return;
				}

				arrived += chunk.length;
				if (reader && !isHeld && unread.length === 0) {
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
					if (!isHeld && unread.length === 0) {
						reader?.done();
					}
				}
			},
			onResponseError(_, error) {
				fail(new ExchangeFailed('The exchange failed.', {cause: error}));
			},
		});
	});
}
