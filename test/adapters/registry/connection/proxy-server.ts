import {once} from 'node:events';
import {createServer, request as forward} from 'node:http';
import {connect, createServer as createTcpServer, type Server, type Socket} from 'node:net';

export type ProxyServer = {
	host: string;
	/** `CONNECT registry.acme.example:443`, `GET http://…`, as received, with the credentials. */
	requests: {target: string; authorization: string | undefined}[];
	[Symbol.asyncDispose](): Promise<void>;
};

/** An HTTP proxy that connects everything to one port. @param status of its responses, if not 200 */
export async function startProxy(port: number, status = 200): Promise<ProxyServer> {
	const requests: ProxyServer['requests'] = [];
	const server = createServer((request, response) => {
		requests.push({target: `${request.method} ${request.url}`, authorization: request.headers['proxy-authorization']});
		if (status !== 200) {
			response.writeHead(status).end();
			return;
		}

		const {pathname, search} = new URL(request.url!);
		forward({host: '127.0.0.1', port, path: pathname + search, headers: request.headers}, answer => {
			response.writeHead(answer.statusCode!, answer.headers);
			answer.pipe(response);
		}).end();
	});
	server.on('connect', (request, socket: Socket) => {
		requests.push({target: `CONNECT ${request.url}`, authorization: request.headers['proxy-authorization']});
		if (status === 200) {
			socket.write('HTTP/1.1 200 OK\r\n\r\n');
			join(socket, port);
		} else {
			socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
		}
	});
	return {requests, ...(await onLoopback(server))};
}

/** The same in SOCKS 5, without passwords. @see RFC 1928 */
export async function startSocks(port: number): Promise<ProxyServer> {
	const requests: ProxyServer['requests'] = [];
	const server = createTcpServer(socket => {
		socket
			.on('error', () => {})
			.once('data', () => {
				socket.write(Buffer.from([5, 0]));
				socket.once('data', wish => {
					requests.push({target: wish.subarray(5, 5 + wish[4]!).toString(), authorization: undefined});
					socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
					join(socket, port);
				});
			});
	});
	return {requests, ...(await onLoopback(server))};
}

function join(socket: Socket, port: number): void {
	const target = connect(port, '127.0.0.1');
	for (const [one, other] of [
		[socket, target],
		[target, socket],
	] as const) {
		one.on('error', () => {}).once('close', () => other.destroy());
		one.pipe(other);
	}
}

async function onLoopback(server: Server): Promise<Omit<ProxyServer, 'requests'>> {
	const sockets = new Set<Socket>();
	server.on('connection', (socket: Socket) => sockets.add(socket)).listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		host: `127.0.0.1:${(server.address() as {port: number}).port}`,
		async [Symbol.asyncDispose]() {
			server.close();
			for (const socket of sockets) {
				socket.destroy();
			}

			await once(server, 'close');
		},
	};
}
