import {once} from 'node:events';
import {type AddressInfo, connect, createServer, type Socket} from 'node:net';

export type Forwarder = {
	/** `127.0.0.1:port`, where it listens. */
	host: string;
	/** From now on, new connections lead there. */
	leadTo(host: string): void;
	/** Once so many more bytes came from there, every connection is cut, until it leads somewhere again. */
	dieAfter(bytes: number): void;
	[Symbol.asyncDispose](): Promise<void>;
};

/** A proxy that passes bytes on and reads none of them, as the published port of a container does. */
export async function openForwarder(target: string): Promise<Forwarder> {
	let port = portOf(target);
	const sockets = new Set<Socket>();
	let left = Number.POSITIVE_INFINITY;
	const cut = () => {
		for (const socket of sockets) {
			socket.destroy();
		}
	};
	const server = createServer(client => {
		if (left <= 0) {
			client.destroy();
			return;
		}

		const upstream = connect(port, '127.0.0.1');
		for (const [socket, other] of [
			[client, upstream],
			[upstream, client],
		] as const) {
			sockets.add(socket);
			socket.on('error', () => other.destroy()).on('close', () => sockets.delete(socket));
			socket.pipe(other);
		}

		upstream.on('data', chunk => {
			left -= chunk.length;
			if (left <= 0) {
				cut();
			}
		});
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');

	return {
		host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
		leadTo(host) {
			port = portOf(host);
			left = Number.POSITIVE_INFINITY;
		},
		dieAfter(bytes) {
			left = bytes;
		},
		async [Symbol.asyncDispose]() {
			server.close();
			cut();

			await once(server, 'close');
		},
	};
}

function portOf(host: string): number {
	return Number(host.split(':')[1]);
}
