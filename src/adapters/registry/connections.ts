import type {SecureContext} from 'node:tls';
import {Agent, buildConnector, Client, type Dispatcher, Pool} from 'undici';
import type {Timeouts} from './options.ts';

/** One keep-alive pool for the registry, one for wherever its blobs are, and connections that nobody used before. */
export type Connections = {
	to(url: URL): Dispatcher;
	/** For one request. @param onConnected when bytes may have left this machine */
	fresh(url: URL, onConnected?: () => void): Dispatcher;
	close(): Promise<void>;
};

export function openConnections(base: URL, timeouts: Timeouts, trust: SecureContext | undefined): Connections {
	const options = {
		// One request, one connection: what a cut connection means is only clear in HTTP/1.1.
		allowH2: false,
		connect: buildConnector({
			timeout: timeouts.connect,
			allowH2: false,
			// NODE_TLS_REJECT_UNAUTHORIZED=0 of some other program's making would switch it off.
			rejectUnauthorized: true,
			...(trust === undefined ? {} : {secureContext: trust}),
		}),
		headersTimeout: timeouts.headers,
		bodyTimeout: timeouts.stall,
	};
	const registry = new Pool(base.origin, options);
	const elsewhere = new Agent(options);

	return {
		to: url => (url.origin === base.origin ? registry : elsewhere),
		fresh(url, onConnected = () => {}) {
			return new Client(url.origin, options).once('connect', onConnected);
		},
		async close() {
			await Promise.all([registry.destroy(), elsewhere.destroy()]);
		},
	};
}
