import {type buildConnector, Client} from 'undici';
import {proxyRefuses, proxyUnreachable} from './proxy-failures.ts';

type Connector = buildConnector.connector;

/** A connection to the proxy itself, with words of its own for its failure. */
export function toProxy(proxy: URL, connect: Connector): Connector {
	return (options, callback) => {
		connect(options, (...answer) => {
			const [error, socket] = answer;
			if (error === null) {
				callback(null, socket!);
			} else {
				callback(proxyUnreachable(proxy, error), null);
			}
		});
	};
}

/**
 * Asks the proxy for a connection to the target, and speaks TLS in it.
 * @param inside the connector for the target, given the socket
 */
export function tunnelThrough(proxy: URL, connect: Connector, inside: Connector, timeoutMs: number): Connector {
	return (options, callback) => {
		const target = options.port ? options.host! : `${options.host}:443`;
		const client = new Client(proxy.origin, {
			connect: toProxy(proxy, connect),
			headersTimeout: timeoutMs,
			allowH2: false,
		});
		const fail = (error: Error) => {
			void client.destroy();
			callback(error, null);
		};

		client.connect({path: target, headers: {host: target, ...proxyHeaders(proxy)}}, (error, answer) => {
			if (error) {
				fail((error as {code?: string}).code?.startsWith('registry.') ? error : proxyUnreachable(proxy, error));
				return;
			}

			const {statusCode, socket} = answer!;
			if (statusCode < 200 || statusCode > 299) {
				socket.on('error', () => {}).destroy();
				fail(proxyRefuses(proxy, target, statusCode));
				return;
			}

			inside({...options, httpSocket: socket as never}, (...made) => {
				const [failed, tls] = made;
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

export function proxyHeaders({username, password}: URL): Record<string, string> {
	if (username === '' && password === '') {
		return {};
	}

	const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
	return {'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}`};
}
