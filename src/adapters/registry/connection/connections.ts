import {Agent, Client, type Dispatcher, Pool} from 'undici';
import type {RegistryOptions, Timeouts} from '../options.ts';
import {proxyFor} from './proxies.ts';
import {type Route, routeThroughProxy} from './proxy-route.ts';
import {connectorsFor} from './tls.ts';

/** Keep-alive connections to the registry and to hosts that it redirects blobs to, and fresh ones. */
export type Connections = {
	kept(url: URL): {route: Route; dispatcher: Dispatcher};
	/** For one request: destroy its dispatcher afterwards. */
	fresh(url: URL): {route: Route; dispatcher: Dispatcher};
	close(): Promise<void>;
};

/** @throws OperatorError registry.ca-unreadable | registry.client-certificate */
export function openConnections(base: URL, timeouts: Timeouts, options: RegistryOptions): Connections {
	const client = {allowH2: false, headersTimeout: timeouts.headers, bodyTimeout: timeouts.stall};
	const connectors = connectorsFor(options, timeouts.connect);
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
		async close() {
			await Promise.all([...keptDispatchers.values()].map(dispatcher => dispatcher.destroy()));
		},
	};
}
