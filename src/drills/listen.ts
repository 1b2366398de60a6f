import {randomInt} from 'node:crypto';
import {once} from 'node:events';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo, Server} from 'node:net';
import {setTimeout} from 'node:timers/promises';
import {OperatorError} from '../domain/errors.ts';
import {isDiskFailure} from './disk.ts';

const loopback = '127.0.0.1';

export type Listener = {port: number; close(): Promise<void>};

/** Listens on loopback only. @param options.port 0 for any. @throws OperatorError drill.port-taken */
export async function listenHttp(options: {
	/** What an error calls the server: `registry`. */
	name: string;
	port: number;
	respond(request: IncomingMessage, response: ServerResponse): Promise<void>;
}): Promise<Listener> {
	const server = createServer((request, response) => {
		response.on('error', () => {});
		options.respond(request, response).catch(error => {
			if (!isDiskFailure(error)) {
				throw error;
			}

			// A server whose disk is full responds like this.
			response.headersSent ? response.destroy() : response.writeHead(500).end();
		});
	});
	const port = await listenOn(server, options.name, options.port);

	return {
		port,
		async close() {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
}

/**
 * A resumed drill needs its ports again, so they are chosen below those that the system gives to outgoing connections
 * (Linux, ip_local_port_range: from 32,768; macOS: from 49,152).
 */
const ownPorts = {from: 20_000, to: 32_000};
const mostRandomPorts = 20;
/** A killed process, or a connection, may hold a port for a moment longer. */
const retryForMs = 1_500;
const retryPauseMs = 100;

/** @param port 0 for any. @throws OperatorError drill.port-taken */
export async function listenOn(server: Listening, name: string, port: number): Promise<number> {
	for (let tried = 0; port === 0 && tried < mostRandomPorts; tried++) {
		if ((await tryPort(server, randomInt(ownPorts.from, ownPorts.to))) === undefined) {
			return (server.address() as AddressInfo).port;
		}
	}

	for (const begun = performance.now(); ; await setTimeout(retryPauseMs)) {
		const taken = await tryPort(server, port);
		if (taken === undefined) {
			return (server.address() as AddressInfo).port;
		}

		if (performance.now() - begun > retryForMs) {
			throw new OperatorError('drill.port-taken', `The drill's ${name} cannot listen on port ${port} again.`, {
				hint: 'Another program, or the same drill in another terminal, uses that port. Stop it, or start a new drill.',
				exit: 'locked',
				cause: taken,
			});
		}
	}
}

type Listening = Pick<Server, 'listen' | 'address' | 'once' | 'off'>;

/** @returns the error when another program has the port */
async function tryPort(server: Listening, port: number): Promise<NodeJS.ErrnoException | undefined> {
	try {
		server.listen(port, loopback);
		await once(server as Server, 'listening');
		return;
	} catch (error) {
		if (!isTaken(error)) {
			throw error;
		}

		return error;
	}
}

function isTaken(error: unknown): error is NodeJS.ErrnoException {
	const {code} = error as NodeJS.ErrnoException;
	return code === 'EADDRINUSE' || code === 'EACCES';
}
