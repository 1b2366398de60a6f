import type {Duplex} from 'node:stream';
import type {SecureContext} from 'node:tls';
import {Agent, buildConnector, Client, type Dispatcher, Pool, Socks5ProxyAgent} from 'undici';
import type {Timeouts} from '../options.ts';
import {type Proxies, proxyFor} from './proxies.ts';
import {proxyHeaders, toProxy, tunnelThrough} from './proxy-route.ts';
import type {Trust} from './tls.ts';

/** How a request gets to where it goes. */
export type Route = {
	dispatcher: Dispatcher;
	origin: string;
	/** Whole for a proxy that passes plain HTTP on. */
	path: string;
	headers: Record<string, string>;
	/** Who answers in the place of the target. */
	proxy?: URL;
};

/** Keep-alive connections to the registry and to wherever its blobs are, and some that nobody used before. */
export type Connections = {
	to(url: URL): Route;
	/** For one request; its dispatcher is to be destroyed after it. */
	fresh(url: URL): Route;
	close(): Promise<void>;
};

/** @param trust whom we trust, and what we show of ourselves at home: the certificate is for nobody else */
export function openConnections(base: URL, timeouts: Timeouts, trust: Trust, proxies: Proxies): Connections {
	const common = {allowH2: false, headersTimeout: timeouts.headers, bodyTimeout: timeouts.stall};

	function connector(context: SecureContext | undefined): buildConnector.connector {
		const connect = buildConnector({
			timeout: timeouts.connect,
			// One request, one connection: what a cut connection means is only clear in HTTP/1.1.
			allowH2: false,
			// NODE_TLS_REJECT_UNAUTHORIZED=0 of some other program's making would switch it off.
			rejectUnauthorized: true,
			...(context === undefined ? {} : {secureContext: context}),
		});
		return (options, callback) => {
			connect(options, (...answer) => {
				answer[1]?.on('error', endWithAlert);
				callback(...answer);
			});
		};
	}

	const connectors = {home: connector(trust.home), away: connector(trust.away)};
	const pools = new Map<string, Dispatcher>();

	function kept(key: string, open: () => Dispatcher): Dispatcher {
		const pool = pools.get(key) ?? open();
		pools.set(key, pool);
		return pool;
	}

	function route(url: URL, isFresh: boolean): Route {
		const place = url.hostname === base.hostname ? 'home' : 'away';
		const proxy = proxyFor(url, proxies);
		const target = {origin: url.origin, path: url.pathname + url.search, headers: {}};

		if (proxy === undefined) {
			const options = {...common, connect: connectors[place]};
			return {...target, dispatcher: isFresh ? new Client(url.origin, options) : direct(url, place, options)};
		}

		if (proxy.protocol.startsWith('socks')) {
			const context = trust[place];
			const open = () =>
				new Socks5ProxyAgent(proxy, {
					connect: toProxy(proxy, connectors.away),
					connectTimeout: timeouts.connect,
					requestTls: {rejectUnauthorized: true, ...(context === undefined ? {} : {secureContext: context})},
				});
			return {...target, proxy, dispatcher: isFresh ? open() : kept(`${place} socks`, open)};
		}

		if (url.protocol === 'http:') {
			const options = {...common, connect: toProxy(proxy, connectors.away)};
			return {
				origin: proxy.origin,
				path: url.href,
				headers: {host: url.host, ...proxyHeaders(proxy)},
				proxy,
				dispatcher: isFresh
					? new Client(proxy.origin, options)
					: kept('passed on', () => new Pool(proxy.origin, options)),
			};
		}

		const connect = tunnelThrough(proxy, connectors.away, connectors[place], timeouts.connect);
		return {
			...target,
			proxy,
			dispatcher: isFresh
				? new Client(url.origin, {...common, connect})
				: kept(`${place} tunnel`, () => new Agent({...common, connect})),
		};
	}

	function direct(url: URL, place: 'home' | 'away', options: Pool.Options): Dispatcher {
		return url.origin === base.origin
			? kept('registry', () => new Pool(base.origin, options))
			: kept(place, () => new Agent(options));
	}

	return {
		to: url => route(url, false),
		fresh: url => route(url, true),
		async close() {
			await Promise.all([...pools.values()].map(pool => pool.destroy()));
		},
	};
}

/** With TLS 1.3 a server says only after the handshake what it wants, and then hangs up: undici would keep the hanging up. */
function endWithAlert(this: Duplex, error: NodeJS.ErrnoException): void {
	if (error.code?.startsWith('ERR_SSL_')) {
		this.destroy(error);
	}
}
