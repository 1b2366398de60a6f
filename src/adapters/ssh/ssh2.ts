import type {Client, ClientChannel} from 'ssh2';
import type {Shell, ShellRequest} from '../../engine/ports/shell.ts';
import {seal} from './envelope.ts';
import {late, lost} from './errors.ts';
import {type Channel, runOver} from './running.ts';
import {createSeats} from './seats.ts';
import type {SshTarget} from './ssh-target.ts';
import {connectSsh2} from './ssh2-connection.ts';

export type Ssh2Options = {
	/** Given as a function, it is asked at the first command and after a lost connection. */
	target: SshTarget | (() => Promise<SshTarget>);
	place: string;
	/** Letters and digits, new at every call. */
	nonce(): string;
};

/** Below sshd's MaxSessions of 10. */
const sessionsAtOnce = 4;
const sessionRetryMs = 200;
const goodbyeMs = 500;

/** An SSH client of our own, for machines without one; no certificates, no security keys, no jump hosts. */
export function createSsh2Shell({target, place, nonce}: Ssh2Options): Shell {
	const seats = createSeats(sessionsAtOnce);
	let connection: Promise<Client> | undefined;
	let opening = new AbortController();

	return {
		place,
		async run(request, {signal}) {
			signal.throwIfAborted();
			const deadline = AbortSignal.timeout(request.timeoutMs);
			const either = AbortSignal.any([signal, deadline]);
			const leave = await orLate(seats.take(either), request);

			try {
				const mark = nonce();
				const {command, head} = seal(request, mark);
				const channel = await orLate(openSession(command, either), request);
				return await runOver(channel, {request, nonce: mark, head, place, signal, explain: () => undefined});
			} finally {
				leave();
			}

			/** Until the command is on its way, a deadline means that nothing ran. */
			function orLate<T>(promise: Promise<T>, {timeoutMs}: ShellRequest): Promise<T> {
				return promise.catch(error => {
					signal.throwIfAborted();
					throw deadline.aborted ? late('read', place, timeoutMs) : error;
				});
			}
		},
		async close() {
			const open = connection;
			connection = undefined;
			opening.abort(new Error('the shell was closed'));
			const client = await open?.catch(() => undefined);
			client?.end();
			// A host that has fallen silent does not say goodbye.
			setTimeout(() => client?.destroy(), goodbyeMs).unref();
		},
	};

	/** A server with all its sessions taken refuses another; that passes. */
	async function openSession(command: string, signal: AbortSignal): Promise<Channel> {
		for (;;) {
			signal.throwIfAborted();
			const client = await connected(signal);
			const opened = await exec(client, command, signal);
			if (!(opened instanceof Error)) {
				return channelOf(opened, client);
			}

			if ((opened as {reason?: unknown}).reason === undefined) {
				throw lost('read', place, opened.message, opened);
			}

			await seats.anyLeft(sessionRetryMs, signal);
		}
	}

	async function connected(signal: AbortSignal): Promise<Client> {
		connection ??= open();
		const opening = connection;
		const stopped = Promise.withResolvers<never>();
		const stop = () => stopped.reject(signal.reason);
		signal.addEventListener('abort', stop, {once: true});
		try {
			return await Promise.race([opening, stopped.promise]);
		} finally {
			signal.removeEventListener('abort', stop);
		}
	}

	async function open(): Promise<Client> {
		opening = new AbortController();
		const {signal} = opening;
		const forget = () => {
			connection = undefined;
		};
		try {
			const client = await connectSsh2(typeof target === 'function' ? await target() : target, place, {signal});
			client.once('close', forget);
			return client;
		} catch (error) {
			forget();
			throw error;
		}
	}
}

function exec(client: Client, command: string, signal: AbortSignal): Promise<ClientChannel | Error> {
	return new Promise((resolve, reject) => {
		const abandoned = () => reject(signal.reason);
		signal.addEventListener('abort', abandoned, {once: true});
		const gone = () => resolve(new Error('the connection ended'));
		client.once('close', gone);

		try {
			client.exec(command, (error, stream) => {
				signal.removeEventListener('abort', abandoned);
				client.removeListener('close', gone);
				if (signal.aborted) {
					stream?.close();
				}

				resolve(error ?? stream);
			});
		} catch (error) {
			// "Not connected"
			resolve(error as Error);
		}
	});
}

function channelOf(stream: ClientChannel, client: Client): Channel {
	const closed = Promise.withResolvers<string>();
	stream.on('error', () => {});
	// The client closes before its channels do, and those of a connection that was reset may never.
	const gone = () => setImmediate(() => closed.resolve('the connection ended'));
	client.once('close', gone);
	stream.once('close', (code?: number | null, signal?: string) => {
		client.removeListener('close', gone);
		closed.resolve(signal ? `ended by ${signal}` : code === undefined ? 'the connection ended' : `exit ${code}`);
	});

	return {
		stdin: stream,
		onStdout: take => void stream.on('data', take),
		onStderr: take => void stream.stderr.on('data', take),
		closed: closed.promise,
		kill() {
			stream.signal('TERM');
			stream.close();
		},
	};
}
