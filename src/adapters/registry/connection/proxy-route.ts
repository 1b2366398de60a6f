import {Agent, type buildConnector, Client, type Dispatcher, Pool, Socks5ProxyAgent} from 'undici';
import {OperatorError} from '../../../domain/errors.ts';
import {proxyRefused, proxyUnreachable} from '../errors/connection-errors.ts';
import type {Connectors, Side} from './tls.ts';

type Connector = buildConnector.connector;

/** How a request reaches its URL. */
export type Route = {
	/** Routes of one key share their kept connections. */
	key: string;
	origin: string;
	/** A whole URL for a proxy that forwards plain HTTP. */
	path: string;
	headers: Record<string, string>;
	/** Set where this proxy is asked, and so may respond in place of the target. */
	proxy?: URL;
	/** Opens connections that are kept. */
	open(): Dispatcher;
	/** Opens one connection, for one request. */
	openFresh(): Dispatcher;
};

type ProxyRouteOptions = {
	side: Side;
	/** For every undici client. */
	client: {allowH2: boolean; headersTimeout: number; bodyTimeout: number};
	connectors: Connectors;
	connectTimeoutMs: number;
};

/** SOCKS carries every connection; an HTTP proxy forwards plain HTTP, and opens a tunnel for TLS. */
export function routeThroughProxy(
	proxy: URL,
	url: URL,
	{side, client, connectors, connectTimeoutMs}: ProxyRouteOptions,
): Route {
	const {connect, requestTls} = connectors[side];
	// The client certificate is for the registry only, not for a proxy.
	const toProxy = connectorTo(proxy, connectors.elsewhere.connect);
	const target = {origin: url.origin, path: url.pathname + url.search, headers: {}, proxy};

	if (proxy.protocol.startsWith('socks')) {
		const open = () =>
			new Socks5ProxyAgent(proxy, {connect: toProxy, connectTimeout: connectTimeoutMs, requestTls: requestTls()});
		return {...target, key: `${side} through SOCKS`, open, openFresh: open};
	}

	if (url.protocol === 'http:') {
		const settings = {...client, connect: toProxy};
		return {
			key: 'forwarded',
			origin: proxy.origin,
			path: url.href,
			headers: {host: url.host, ...proxyAuthorization(proxy)},
			proxy,
			open: () => new Pool(proxy.origin, settings),
			openFresh: () => new Client(proxy.origin, settings),
		};
	}

	const settings = {...client, connect: tunnelConnector(proxy, toProxy, connect, connectTimeoutMs)};
	return {
		...target,
		key: `${side} through a tunnel`,
		open: () => new Agent(settings),
		openFresh: () => new Client(url.origin, settings),
	};
}

/** Connects to the proxy itself, so that its failure is not taken for the registry's. */
function connectorTo(proxy: URL, connect: Connector): Connector {
	return (options, callback) => {
		connect(options, (...result) => {
			const [error, socket] = result;
			if (error === null) {
				callback(null, socket!);
			} else {
				callback(proxyUnreachable(proxy, error), null);
			}
		});
	};
}

/**
 * Connects to the target through CONNECT, and speaks TLS in that tunnel.
 * @param connect for the target, given the tunnel's socket
 */
function tunnelConnector(proxy: URL, toProxy: Connector, connect: Connector, timeoutMs: number): Connector {
	return (options, callback) => {
		const target = options.port ? options.host! : `${options.host}:443`;
		const client = new Client(proxy.origin, {connect: toProxy, headersTimeout: timeoutMs, allowH2: false});
		const fail = (error: Error) => {
			void client.destroy();
			callback(error, null);
		};

		client.connect({path: target, headers: {host: target, ...proxyAuthorization(proxy)}}, (error, response) => {
			if (error) {
				fail(error instanceof OperatorError ? error : proxyUnreachable(proxy, error));
				return;
			}

			const {statusCode, socket} = response!;
			if (statusCode < 200 || statusCode > 299) {
				socket.on('error', () => {}).destroy();
				fail(proxyRefused(proxy, target, statusCode));
				return;
			}

			connect({...options, httpSocket: socket as never}, (...result) => {
				const [failed, tls] = result;
				if (failed === null) {
					tls!.once('close', () => void client.destroy());
					callback(null, tls!);
				} else {
					fail(failed);
				}
			});
		});
	};
}

function proxyAuthorization({username, password}: URL): Record<string, string> {
	if (username === '' && password === '') {
		return {};
	}

	const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
	return {'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}`};
}
