import {once} from 'node:events';
import type {Client, ClientChannel} from 'ssh2';
import type {Channel} from '../run-script.ts';

/** Limits how many sessions are open at once on one connection. */
type SessionLimit = {
	/** Waits for a free session. @returns frees it again */
	take(signal: AbortSignal): Promise<() => void>;
	/** Waits until a session is freed, or this long. */
	anyFreed(milliseconds: number, signal: AbortSignal): Promise<void>;
};

export function createSessionLimit(count: number): SessionLimit {
	const news = new EventTarget();
	let taken = 0;

	return {
		async take(signal) {
			while (taken >= count) {
				await freed(signal);
			}

			taken++;
			let isFreed = false;
			return () => {
				if (!isFreed) {
					isFreed = true;
					taken--;
					news.dispatchEvent(new Event('freed'));
				}
			};
		},
		async anyFreed(milliseconds, signal) {
			const enough = AbortSignal.timeout(milliseconds);
			await freed(AbortSignal.any([signal, enough])).catch(() => signal.throwIfAborted());
		},
	};

	async function freed(signal: AbortSignal): Promise<void> {
		signal.throwIfAborted();
		await once(news, 'freed', {signal});
	}
}

/** Opens a session that runs a command. @returns the error, where the server or the connection refused it */
export function openSession(client: Client, command: string, signal: AbortSignal): Promise<Channel | Error> {
	return new Promise((resolve, reject) => {
		const stop = () => reject(signal.reason);
		signal.addEventListener('abort', stop, {once: true});
		const onClose = () => resolve(new Error('the connection ended'));
		client.once('close', onClose);

		try {
			client.exec(command, (error, stream) => {
				signal.removeEventListener('abort', stop);
				client.removeListener('close', onClose);
				if (signal.aborted) {
					stream?.close();
				}

				resolve(error ?? channelOf(stream, client));
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
	// The client closes before its channels do; the channels of a connection that was reset may never close.
	const onClose = () => setImmediate(() => closed.resolve('the connection ended'));
	client.once('close', onClose);
	stream.once('close', (code?: number | null, signal?: string) => {
		client.removeListener('close', onClose);
		closed.resolve(signal ? `killed by ${signal}` : code === undefined ? 'the connection ended' : `exit ${code}`);
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
