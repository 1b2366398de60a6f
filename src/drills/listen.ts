import {randomInt} from 'node:crypto';
import {once} from 'node:events';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo, Server} from 'node:net';
import {setTimeout} from 'node:timers/promises';
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

/**
 * A drill that is resumed needs its ports again, so they are drawn below those that Linux and macOS give to connections
 * by themselves (ip_local_port_range: from 32,768; macOS: from 49,152).
 */
const ownPorts = {from: 20_000, to: 32_000};
const draws = 20;
/** A process that was killed, or a connection, may hold a port for a moment longer. */
const patienceMs = 1_500;
const againMs = 100;

/** @param port 0: any. @throws OperatorError drill.port-taken */
export async function listenOn(server: Listening, what: string, port: number): Promise<number> {
	for (let drawn = 0; port === 0 && drawn < draws; drawn++) {
		if ((await tryPort(server, randomInt(ownPorts.from, ownPorts.to))) === undefined) {
			return (server.address() as AddressInfo).port;
		}
	}

	for (const begun = performance.now(); ; await setTimeout(againMs)) {
		const taken = await tryPort(server, port);
		if (taken === undefined) {
			return (server.address() as AddressInfo).port;
		}

		if (performance.now() - begun > patienceMs) {
			throw new OperatorError('drill.port-taken', `The drill's ${what} cannot listen on port ${port} again.`, {
				hint: 'Another program, or the same drill in another terminal, uses that port. Stop it, or start a new drill.',
				exit: 'locked',
				cause: taken,
			});
		}
	}
}

type Listening = Pick<Server, 'listen' | 'address' | 'once' | 'off'>;

/** @returns why not, where the port is somebody else's */
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
