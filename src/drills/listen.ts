import {once} from 'node:events';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo, Server} from 'node:net';
import {OperatorError} from '../domain/errors.ts';
import {isUnwritable} from './unwritable.ts';

export const loopback = '127.0.0.1';

export type Listener = {port: number; close(): Promise<void>};

/** Loopback only. @param port 0: any. @throws OperatorError drill.port-taken */
export async function listenHttp(options: {
	/** For people: `registry`. */
	what: string;
	port: number;
	answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
}): Promise<Listener> {
	const server = createServer((request, response) => {
		response.on('error', () => {});
		options.answer(request, response).catch(error => {
			if (!isUnwritable(error)) {
				throw error;
			}

			// As a server answers whose disk is full.
			response.headersSent ? response.destroy() : response.writeHead(500).end();
		});
	});
	const port = await listenOn(server, options.what, options.port);

	return {
		port,
		async close() {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
}

/** @throws OperatorError drill.port-taken */
export async function listenOn(
	server: Pick<Server, 'listen' | 'address' | 'once' | 'off'>,
	what: string,
	port: number,
) {
	try {
		server.listen(port, loopback);
		await once(server as Server, 'listening');
	} catch (error) {
		const {code} = error as NodeJS.ErrnoException;
		if (code !== 'EADDRINUSE' && code !== 'EACCES') {
			throw error;
		}

		throw new OperatorError('drill.port-taken', `The drill's ${what} cannot listen on port ${port} again.`, {
			hint: 'Another program, or the same drill in another terminal, uses that port. Stop it, or start a new drill.',
			exit: 'locked',
			cause: error,
		});
	}

	return (server.address() as AddressInfo).port;
}
