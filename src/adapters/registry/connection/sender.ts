import {Agent, Client, type Dispatcher, Pool} from 'undici';
import {type RateLimit, readRateLimit} from '../../../domain/rate-limit.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {connectionError, proxyRefused, type Stage, unfinished} from '../errors/connection-errors.ts';
import {type RegistryOptions, type Timeouts, usualTimeouts} from '../options.ts';
import type {RegistryRequest} from '../request.ts';
import type {RegistryResponse} from '../response.ts';
import {DeadlinePassed, type Exchange, ExchangeFailed, exchange} from './exchange.ts';
import {proxyFor} from './proxies.ts';
import {type Route, routeThroughProxy} from './proxy-route.ts';
import {connectorsFor} from './tls.ts';

type SingleRequest = {
	url: URL;
	/** For the request record. */
	recordedUrl: string;
	request: RegistryRequest;
	/** Header value; none if left out. */
	authorization?: string | undefined;
};

/** A body that may be large and arrives more slowly than this counts as stalled: 100 GB would take longer than two months. */
const slowestBytesPerSecond = 16 * 1024;

/**
 * Sends one request to one URL, counts and records it, and says what broke it: no login, no redirects, no retries.
 * @param mask hides the tokens in use, and every other secret
 */
export function createSender(base: URL, options: RegistryOptions, mask: (text: string) => string) {
	const {clock, onRequest} = options;
	const timeouts = {...usualTimeouts, ...options.timeouts};
	let certificate: string | undefined;
	const connections = openConnections(base, timeouts, options, presented => {
		certificate = presented;
	});
	let requests = 0;
	let busy = 0;
	let rateLimit: RateLimit | undefined;

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
		const explain = (stage: Stage) => (error: unknown) => {
			if (signal.aborted) {
				return signal.reason;
			}

			if (error instanceof DeadlinePassed) {
				return unfinished(host, error);
			}

			return error instanceof ExchangeFailed
				? connectionError(error.cause, host, stage, connections.certificates())
				: error;
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
						...(typeof request.headers === 'function' ? request.headers(host) : request.headers),
						...route.headers,
					},
					body: request.body === undefined ? null : viewOf(request.body),
					headersTimeout: request.headersDeadlineMs ?? timeouts.headers,
					bodyTimeout: timeouts.stall,
					// Undici closes the connection after every HEAD otherwise.
					...(request.method === 'HEAD' && {reset: false}),
				},
				{
					signal,
					deadlineMs: request.deadlineMs ?? timeouts.whole,
					pace: request.isPaced
						? {bytes: slowestBytesPerSecond * (timeouts.window / 1000), windowMs: timeouts.window}
						: undefined,
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
		const header = (name: string) => [headers[name]].flat()[0];
		if (url.origin === base.origin) {
			rateLimit = readRateLimit(header('ratelimit-remaining'), header('ratelimit-limit')) ?? rateLimit;
		}

		if (status === 407 && route.proxy) {
			body.drop();
			throw proxyRefused(route.proxy, host, status);
		}

		return {
			status,
			header,
			list: name => (headers[name] === undefined ? undefined : [headers[name]].flat().join(', ')),
			url,
			host,
			body,
			mask,
			explain: explain('response'),
		};
	}

	return {
		send,
		certificate: () => certificate,
		rateLimit: () => rateLimit,
		requests: () => requests,
		busy: () => busy,
		close: () => connections.close(),
	};
}

/** The same bytes: a copy of each chunk of an upload would be garbage of the size of the blob. */
function viewOf({buffer, byteOffset, byteLength}: Uint8Array): Buffer {
	return Buffer.from(buffer, byteOffset, byteLength);
}

/** Keep-alive connections to the registry and to hosts that it redirects blobs to, and fresh ones. */
type Connections = {
	kept(url: URL): {route: Route; dispatcher: Dispatcher};
	/** For one request: destroy its dispatcher afterwards. */
	fresh(url: URL): {route: Route; dispatcher: Dispatcher};
	/** What is trusted and presented, in sentences. */
	certificates(): string;
	close(): Promise<void>;
};

/** @throws OperatorError registry.ca-unreadable | registry.client-certificate */
function openConnections(
	base: URL,
	timeouts: Timeouts,
	options: RegistryOptions,
	onCertificate: (fingerprint: string) => void,
): Connections {
	const client = {allowH2: false, headersTimeout: timeouts.headers, bodyTimeout: timeouts.stall};
	const connectors = connectorsFor(options, timeouts.connect, onCertificate);
	const keptDispatchers = new Map<string, Dispatcher>();

	function routeTo(url: URL): Route {
		const side = url.hostname === base.hostname ? 'registry' : 'elsewhere';
		const proxy = proxyFor(url, options.proxies ?? {});
		if (proxy) {
			return routeThroughProxy(proxy, url, {side, client, connectors, connectTimeoutMs: timeouts.connect});
		}

		const settings = {...client, connect: connectors[side].connect};
		const isBase = url.origin === base.origin;
		return {
			key: isBase ? 'base' : side,
			origin: url.origin,
			path: url.pathname + url.search,
			headers: {},
			open: () => (isBase ? new Pool(base.origin, settings) : new Agent(settings)),
			openFresh: () => new Client(url.origin, settings),
		};
	}

	return {
		kept(url) {
			const route = routeTo(url);
			const dispatcher = keptDispatchers.get(route.key) ?? route.open();
			keptDispatchers.set(route.key, dispatcher);
			return {route, dispatcher};
		},
		fresh(url) {
			const route = routeTo(url);
			return {route, dispatcher: route.openFresh()};
		},
		certificates: connectors.says,
		async close() {
			await Promise.all([...keptDispatchers.values()].map(dispatcher => dispatcher.destroy()));
		},
	};
}
