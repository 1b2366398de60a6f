import type {Clock} from '../../../engine/ports/clock.ts';
import {networkFailure, type Phase, stalled} from '../errors/connection-errors.ts';
import type {Pass} from '../login/authorization.ts';
import {type RegistryOptions, usualTimeouts} from '../options.ts';
import {recorder} from '../recorder.ts';
import type {Asking} from '../request.ts';
import type {Answer} from '../response.ts';
import {openConnections} from './connections.ts';
import {type Exchange, exchange, TimeUp} from './exchange.ts';
import {proxyRefuses} from './proxy-failures.ts';
import {trustOf} from './tls.ts';

export type Sender = ReturnType<typeof createSender>;

/**
 * Sends single requests, counts them and says what broke them.
 * @param mask hides the tokens in use
 */
export function createSender(
	base: URL,
	options: RegistryOptions,
	clock: Pick<Clock, 'now' | 'monotonic'>,
	mask: (text: string) => string,
) {
	const {host} = options;
	const timeouts = {...usualTimeouts, ...options.timeouts};
	const connections = openConnections(base, timeouts, trustOf(options), options.proxies ?? {});
	let requests = 0;
	let busy = 0;

	/** @param name for the record */
	async function send(
		url: URL,
		asking: Asking,
		shown: Pass | undefined,
		signal: AbortSignal,
		name: string,
	): Promise<Answer> {
		signal.throwIfAborted();
		const place = url.origin === base.origin ? host : url.host;
		const {dispatcher, proxy, ...route} = asking.fresh ? connections.fresh(url) : connections.to(url);
		const explain = (phase: Phase) => (error: unknown) => {
			if (signal.aborted) {
				return signal.reason;
			}

			return error instanceof TimeUp ? stalled(place, error) : (networkFailure(error, place, phase) ?? error);
		};
		const record = options.onRequest && recorder(options.onRequest, clock, asking.method, name);
		requests++;
		let came: Exchange;

		try {
			came = await exchange(
				dispatcher,
				{
					origin: route.origin,
					path: route.path,
					method: asking.method,
					headers: {
						'user-agent': 'regmedic',
						'accept-encoding': 'identity',
						...(shown && {authorization: shown.header}),
						...asking.headers,
						...route.headers,
					},
					body: asking.body === undefined ? null : Buffer.from(asking.body),
					headersTimeout: asking.headersDeadline ?? timeouts.headers,
					bodyTimeout: timeouts.stall,
					// Undici closes the connection after every HEAD otherwise.
					...(asking.method === 'HEAD' ? {reset: false} : {}),
				},
				signal,
				asking.deadline ?? timeouts.whole,
				{onSending: asking.onSending, onOver: asking.fresh ? () => void dispatcher.destroy() : undefined},
			);
		} catch (error) {
			record?.();
			throw explain('asking')(error);
		}

		const {status, headers, body} = came;
		record?.(status);
		busy += status === 429 || status === 503 ? 1 : 0;

		if (status === 407 && proxy) {
			body.drop();
			throw proxyRefuses(proxy, place, status);
		}

		return {
			status,
			header(name) {
				const value = headers[name];
				return typeof value === 'object' ? value[0] : value;
			},
			list: name => (headers[name] === undefined ? undefined : [headers[name]].flat().join(', ')),
			url,
			host: place,
			body,
			mask,
			explain: explain('reading'),
		};
	}

	return {send, requests: () => requests, busy: () => busy, close: () => connections.close()};
}
