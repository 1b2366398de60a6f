import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {createServer as createHttp, type IncomingMessage, type ServerResponse} from 'node:http';
import {createServer as createHttps} from 'node:https';
import type {Pair} from './certificates.ts';
import {freePort} from './real.ts';

export type WatchedHost = {
	port: number;
	/** Everything that it received: request lines, headers and bodies, and what their Basic headers hold. */
	heard: string[];
	stop(): Promise<void>;
};

/** A server that writes down all it receives. @param pair its certificate; absent: plain HTTP */
export async function startWatched(
	pair: Pair | undefined,
	answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<WatchedHost> {
	const heard: string[] = [];
	const port = await freePort();
	const listener = async (request: IncomingMessage, response: ServerResponse) => {
		const body = Buffer.concat(await request.toArray()).toString();
		const basic = /^Basic (.*)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
		heard.push(
			[
				`${request.method} ${request.url}`,
				...request.rawHeaders,
				decodeURIComponent(body),
				Buffer.from(basic, 'base64').toString(),
			].join('\n'),
		);
		answer(request, response, body);
	};
	const server =
		pair === undefined
			? createHttp(listener)
			: createHttps({key: readFileSync(pair.key), cert: readFileSync(pair.cert)}, listener);
	server.listen(port, '127.0.0.1');
	await once(server, 'listening');
	return {
		port,
		heard,
		async stop() {
			server.close();
			server.closeAllConnections();
			await once(server, 'close');
		},
	};
}
