import {setTimeout as pause} from 'node:timers/promises';
import {Agent, type Dispatcher} from 'undici';
import {OperatorError} from '../../domain/errors.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {type Answer, readAnswer} from './answer.ts';
import {lostReply, networkFault, neverSent} from './network-fault.ts';

const connectTimeoutMs = 10_000;
/** NODE_TLS_REJECT_UNAUTHORIZED=0 of some other program's making would switch the check of certificates off. */
const connect = {timeout: connectTimeoutMs, rejectUnauthorized: true};
const readTimeoutMs = 20_000;
/** Creating a pipeline asks the forge for the commit and its configuration. */
const writeTimeoutMs = 60_000;
const readTries = 3;
const longestPauseMs = 10_000;

export type HttpOptions = {
	url: string;
	token: () => Promise<string>;
	/** Told of every request made, without the token. */
	onRequest?: (request: {method: string; path: string; status?: number}) => void;
	sleep?: (milliseconds: number, waiting: Waiting) => Promise<void>;
	timeouts?: {readMs?: number; writeMs?: number};
};

/** Answers of any status but 3xx, and never the web page in place of the API. */
export type Http = {
	/** With its path, without a slash at the end. */
	readonly base: string;
	readonly place: string;
	/** Asks again when the way or a proxy fails. */
	get(path: string, waiting: Waiting): Promise<Answer>;
	/** Asks exactly once. @throws OperatorError effect.unknown when the answer is lost */
	post(path: string, what: string, body: unknown, waiting: Waiting): Promise<Answer>;
	close(): Promise<void>;
};

export function createHttp({url, token, onRequest, sleep, timeouts = {}}: HttpOptions): Http {
	const base = url.replace(/\/+$/, '');
	const {host, origin, pathname} = new URL(base);
	const prefix = pathname.replace(/\/+$/, '');
	const agent = new Agent({connections: 6, connect});
	const wait = sleep ?? ((milliseconds: number, {signal}: Waiting) => pause(milliseconds, undefined, {signal}));

	async function exchange(
		dispatcher: Dispatcher,
		request: {method: 'GET' | 'POST'; path: string; body?: string; timeoutMs: number},
		{signal}: Waiting,
	): Promise<Answer> {
		const {method, path, body, timeoutMs} = request;
		signal.throwIfAborted();
		const authorization = `Bearer ${await usableToken(token, host)}`;
		const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
		let status: number | undefined;

		try {
			const answer = await dispatcher.request({
				origin,
				path: `${prefix}${path}`,
				method,
				headers: {
					authorization,
					accept: 'application/json',
					...(body === undefined ? {} : {'content-type': 'application/json'}),
				},
				signal: deadline,
				...(body === undefined ? {} : {body}),
			});
			status = answer.statusCode;
			return await readAnswer(answer, host);
		} finally {
			onRequest?.({method, path, ...(status === undefined ? {} : {status})});
		}
	}

	async function get(path: string, waiting: Waiting): Promise<Answer> {
		for (let tries = 1; ; tries++) {
			let pauseMs = 250 * 2 ** tries;
			try {
				const answer = await exchange(
					agent,
					{method: 'GET', path, timeoutMs: timeouts.readMs ?? readTimeoutMs},
					waiting,
				);
				if (tries >= readTries || !isPassing(answer.status)) {
					return answer;
				}

				pauseMs = Math.min(answer.retryAfterMs ?? pauseMs, longestPauseMs);
			} catch (error) {
				waiting.signal.throwIfAborted();
				if (error instanceof OperatorError && !error.transient) {
					throw error;
				}

				const fault = error instanceof OperatorError ? error : networkFault(host, error);
				if (tries >= readTries || !fault.transient) {
					throw fault;
				}
			}

			await wait(pauseMs, waiting);
		}
	}

	async function post(path: string, what: string, body: unknown, waiting: Waiting): Promise<Answer> {
		// Its own connection: one kept alive may have been closed by the other side, and that looks like a lost reply.
		const once = new Agent({connections: 1, connect});
		try {
			const answer = await exchange(
				once,
				{method: 'POST', path, body: JSON.stringify(body), timeoutMs: timeouts.writeMs ?? writeTimeoutMs},
				waiting,
			);
			// A proxy that gave up says nothing about what the server behind it did.
			if (answer.status >= 502 && answer.status <= 504) {
				throw lostReply(what, `status ${answer.status}`);
			}

			return answer;
		} catch (error) {
			waiting.signal.throwIfAborted();
			if (error instanceof OperatorError && error.code !== 'ci.unreadable') {
				throw error;
			}

			throw neverSent(error) ? networkFault(host, error) : lostReply(what, error);
		} finally {
			await once.destroy();
		}
	}

	return {base, place: host, get, post, close: () => agent.destroy()};
}

async function usableToken(token: () => Promise<string>, place: string): Promise<string> {
	const text = (await token()).trim();
	// Anything else cannot stand in a header.
	if (!/^[\x21-\x7e]+$/.test(text)) {
		throw new OperatorError('ci.unauthorized', `The token for ${place} is empty or holds characters no token has.`, {
			hint: 'Copy the token again from your user page of the CI.',
			exit: 'refused',
		});
	}

	return text;
}

function isPassing(status: number): boolean {
	return status === 429 || (status >= 502 && status <= 504);
}
