import type {Waiting} from '../../../engine/ports/waiting.ts';
import {connectionError, type Phase, proxyRefused, unfinished} from '../errors/connection-errors.ts';
import {type RegistryOptions, usualTimeouts} from '../options.ts';
import type {RegistryRequest} from '../request.ts';
import type {RegistryResponse} from '../response.ts';
import {openConnections} from './connections.ts';
import {DeadlinePassed, type Exchange, exchange} from './exchange.ts';

export type SingleRequest = {
	url: URL;
	/** For the request record. */
	recordedUrl: string;
	request: RegistryRequest;
	/** Header value; none if left out. */
	authorization?: string | undefined;
};

/**
 * Sends one request to one URL, counts and records it, and says what broke it: no login, no redirects, no retries.
 * @param mask hides the tokens in use
 */
export function createSender(base: URL, options: RegistryOptions, mask: (text: string) => string) {
	const {clock, onRequest} = options;
	const timeouts = {...usualTimeouts, ...options.timeouts};
	const connections = openConnections(base, timeouts, options);
	let requests = 0;
	let busy = 0;

	/** @returns ends the record: with a status, or without where there was no response */
	function startRecord(method: string, url: string): (status?: number) => void {
		const at = clock.now().toISOString();
		const start = clock.monotonic();
		return status => {
			const milliseconds = Math.round(clock.monotonic() - start);
			onRequest?.({at, method, url, ...(status !== undefined && {status}), milliseconds});
		};
	}

	/** @throws OperatorError registry.*; the signal's reason */
	async function send(
		{url, recordedUrl, request, authorization}: SingleRequest,
		{signal}: Waiting,
	): Promise<RegistryResponse> {
		signal.throwIfAborted();
		const host = url.origin === base.origin ? options.host : url.host;
		const {route, dispatcher} = request.fresh ? connections.fresh(url) : connections.kept(url);
		const explain = (phase: Phase) => (error: unknown) => {
			if (signal.aborted) {
				return signal.reason;
			}

			return error instanceof DeadlinePassed ? unfinished(host, error) : (connectionError(error, host, phase) ?? error);
		};
		const record = startRecord(request.method, recordedUrl);
		requests++;
		let received: Exchange;

		try {
			received = await exchange(
				dispatcher,
				{
					origin: route.origin,
					path: route.path,
					method: request.method,
					headers: {
						'user-agent': 'regmedic',
						'accept-encoding': 'identity',
						...(authorization !== undefined && {authorization}),
						...request.headers,
						...route.headers,
					},
					body: request.body === undefined ? null : Buffer.from(request.body),
					headersTimeout: request.headersDeadlineMs ?? timeouts.headers,
					bodyTimeout: timeouts.stall,
					// Undici closes the connection after every HEAD otherwise.
					...(request.method === 'HEAD' && {reset: false}),
				},
				{
					signal,
					deadlineMs: request.deadlineMs ?? timeouts.whole,
					onSending: request.onSending,
					onEnd: request.fresh ? () => void dispatcher.destroy() : undefined,
				},
			);
		} catch (error) {
			record();
			throw explain('request')(error);
		}

		const {status, headers, body} = received;
		record(status);
		busy += status === 429 || status === 503 ? 1 : 0;

		if (status === 407 && route.proxy) {
			body.drop();
			throw proxyRefused(route.proxy, host, status);
		}

		return {
			status,
			header(name) {
				const value = headers[name];
				return typeof value === 'object' ? value[0] : value;
			},
			list: name => (headers[name] === undefined ? undefined : [headers[name]].flat().join(', ')),
			url,
			host,
			body,
			mask,
			explain: explain('response'),
		};
	}

	return {send, requests: () => requests, busy: () => busy, close: () => connections.close()};
}
