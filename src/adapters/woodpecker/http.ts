import {setTimeout as pause} from 'node:timers/promises';
import {Agent, type Dispatcher} from 'undici';
import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {Redact} from '../../domain/text/redaction.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {lostReply, networkFailure, neverSent} from './network-failure.ts';
import {type ApiResponse, readResponse} from './response.ts';

const connectTimeoutMs = 10_000;
/** Certificates are checked even when the environment says NODE_TLS_REJECT_UNAUTHORIZED=0, which other programs may set. */
const connect = {timeout: connectTimeoutMs, rejectUnauthorized: true};
const readTimeoutMs = 20_000;
/** To create a pipeline, the server asks the forge for the commit and its configuration. */
const writeTimeoutMs = 60_000;
const readTries = 3;
const longestPauseMs = 10_000;

export type WoodpeckerOptions = {
	url: string;
	token: () => Promise<string>;
	/** Hides the secrets of this run in what the server sends, before that is cut. */
	redact?: Redact;
	/** Called after every request, without the token. */
	onRequest?: (request: {method: string; path: string; status?: number}) => void;
	sleep?: (milliseconds: number, waiting: Waiting) => Promise<void>;
	timeouts?: {readMs?: number; writeMs?: number};
	/** Of a drill: its agents and its server are this much faster. */
	speed?: number;
};

/** The API over HTTP. A redirect, or a web page instead of the API, is an error; any other status is returned. */
export type Http = {
	/** The address with its root path, without a slash at the end. */
	readonly base: string;
	readonly host: string;
	/** Retries when the network or a proxy fails. */
	get(path: string, waiting: Waiting): Promise<ApiResponse>;
	/**
	 * Sends the request exactly once.
	 * @param order what is requested, for an error: `A pipeline of acme/infra`
	 * @throws OperatorError effect.unknown when the response is lost
	 */
	post(path: string, body: unknown, order: string, waiting: Waiting): Promise<ApiResponse>;
	close(): Promise<void>;
};

export function createHttp({
	url,
	token,
	redact = text => text,
	onRequest,
	sleep,
	timeouts = {},
}: WoodpeckerOptions): Http {
	const base = url.replace(/\/+$/, '');
	const {host, origin, pathname} = new URL(base);
	const prefix = pathname.replace(/\/+$/, '');
	const agent = new Agent({connections: 6, connect});
	const wait = sleep ?? ((milliseconds: number, {signal}: Waiting) => pause(milliseconds, undefined, {signal}));

	async function exchange(
		dispatcher: Dispatcher,
		request: {method: 'GET' | 'POST'; path: string; body?: string; timeoutMs: number},
		{signal}: Waiting,
	): Promise<ApiResponse> {
		const {method, path, body, timeoutMs} = request;
		signal.throwIfAborted();
		const authorization = `Bearer ${await usableToken(token, host)}`;
		const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
		let status: number | undefined;

		try {
			const response = await dispatcher.request({
				origin,
				path: `${prefix}${path}`,
				method,
				headers: {
					authorization,
					accept: 'application/json',
					...defined({'content-type': body === undefined ? undefined : 'application/json'}),
				},
				signal: deadline,
				...defined({body}),
			});
			status = response.statusCode;
			return await readResponse(response, host, redact);
		} finally {
			onRequest?.({method, path, ...defined({status})});
		}
	}

	async function get(path: string, waiting: Waiting): Promise<ApiResponse> {
		for (let tries = 1; ; tries++) {
			let pauseMs = 250 * 2 ** tries;
			try {
				const response = await exchange(
					agent,
					{method: 'GET', path, timeoutMs: timeouts.readMs ?? readTimeoutMs},
					waiting,
				);
				if (tries >= readTries || !isTransient(response.status)) {
					return response;
				}

				pauseMs = Math.min(response.retryAfterMs ?? pauseMs, longestPauseMs);
			} catch (error) {
				waiting.signal.throwIfAborted();
				const failure = error instanceof OperatorError ? error : networkFailure(host, error);
				if (tries >= readTries || !failure.transient) {
					throw failure;
				}
			}

			await wait(pauseMs, waiting);
		}
	}

	async function post(path: string, body: unknown, order: string, waiting: Waiting): Promise<ApiResponse> {
		// A connection of its own: the server may have closed a kept one, and that would look like a lost response.
		const once = new Agent({connections: 1, connect});
		try {
			const response = await exchange(
				once,
				{
					method: 'POST',
					path,
					timeoutMs: timeouts.writeMs ?? writeTimeoutMs,
					...defined({body: body === undefined ? undefined : JSON.stringify(body)}),
				},
				waiting,
			);
			// The proxy gave up; the server behind it may still have done the work.
			if (response.status >= 502 && response.status <= 504) {
				throw lostReply(order, `status ${response.status}`);
			}

			return response;
		} catch (error) {
			waiting.signal.throwIfAborted();
			if (error instanceof OperatorError && error.code !== 'ci.unreadable') {
				throw error;
			}

			throw neverSent(error) ? networkFailure(host, error) : lostReply(order, error);
		} finally {
			await once.destroy();
		}
	}

	return {base, host, get, post, close: () => agent.destroy()};
}

async function usableToken(token: () => Promise<string>, host: string): Promise<string> {
	const text = (await token()).trim();
	// No other character can be sent in a header.
	if (!/^[\x21-\x7e]+$/.test(text)) {
		throw new OperatorError('ci.unauthorized', `The token for ${host} is empty or has characters that no token has.`, {
			hint: 'Copy the token again from your CI user settings.',
			exit: 'refused',
		});
	}

	return text;
}

function isTransient(status: number): boolean {
	return status === 429 || (status >= 502 && status <= 504);
}
