import {once} from 'node:events';
import {createServer, type IncomingMessage, type RequestListener, type Server} from 'node:http';
import {createServer as createTcpServer, type Socket} from 'node:net';
import {createRegistry, type RegistryOptions, type RequestRecord} from '../../../src/adapters/registry/registry.ts';
import type {Registry} from '../../../src/engine/ports/registry.ts';

export type Loopback = {
	host: string;
	/** As received. */
	requests: IncomingMessage[];
	connections: () => number;
	[Symbol.asyncDispose](): Promise<void>;
};

/** A server that responds as the test says. */
export async function listen(answer: RequestListener): Promise<Loopback> {
	const requests: IncomingMessage[] = [];
	const server = createServer((request, response) => {
		requests.push(request);
		answer(request, response);
	});
	return {requests, ...(await onLoopback(server))};
}

/** A server that sends whatever the test writes. */
export async function listenRaw(answer: (socket: Socket) => void): Promise<Loopback> {
	return {
		requests: [],
		...(await onLoopback(createTcpServer(socket => answer(socket.on('error', () => {}))) as Server)),
	};
}

async function onLoopback(server: Server): Promise<Omit<Loopback, 'requests'>> {
	const sockets = new Set<Socket>();
	let connections = 0;
	server.on('connection', (socket: Socket) => {
		connections++;
		sockets.add(socket);
		socket.once('close', () => sockets.delete(socket));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as {port: number};

	return {
		host: `127.0.0.1:${port}`,
		connections: () => connections,
		async [Symbol.asyncDispose]() {
			server.close();
			for (const socket of sockets) {
				socket.destroy();
			}

			await once(server, 'close');
		},
	};
}

export type Client = Registry & {
	records: RequestRecord[];
	/** Requested pauses in milliseconds; none is really made. */
	pauses: number[];
	[Symbol.asyncDispose](): Promise<void>;
};

/** The real client, with a clock that does not wait. */
export function connect({host}: {host: string}, options: Partial<RegistryOptions> = {}): Client {
	const records: RequestRecord[] = [];
	const pauses: number[] = [];
	const registry = createRegistry({
		host,
		url: `http://${host}`,
		credentials: async () => undefined,
		onRequest: record => records.push(record),
		random: () => 0.5,
		clock: {
			now: () => new Date('2026-04-19T02:00:00Z'),
			monotonic: () => performance.now(),
			async sleep(milliseconds) {
				pauses.push(milliseconds);
			},
		},
		...options,
	});
	return {...registry, records, pauses, [Symbol.asyncDispose]: () => registry.close()};
}

/** What distribution says in every response: a list without a next page is whole. */
export const specified = {'docker-distribution-api-version': 'registry/2.0'};

export const specError = (code: string, message: string) => JSON.stringify({errors: [{code, message}]});
