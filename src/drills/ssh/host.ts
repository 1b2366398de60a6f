import {once} from 'node:events';
import ssh2, {type AuthContext, type Connection} from 'ssh2';
import {listenOn} from '../listen.ts';
import {type CommandEnvironment, runCommand} from './command.ts';
import type {DrillKeys} from './keys.ts';

type SshHost = {port: number; close(): Promise<void>};

/** An SSH server that runs commands and offers nothing else: no terminal, no files, no forwarding. */
export async function startSshHost(options: {
	port: number;
	user: string;
	keys: DrillKeys;
	environment: CommandEnvironment;
}): Promise<SshHost> {
	const userKey = ssh2.utils.parseKey(options.keys.user.public);
	if (userKey instanceof Error) {
		throw userKey;
	}

	const connections = new Set<Connection>();
	const running = new Set<() => void>();

	const isAuthentic = (attempt: AuthContext): boolean => {
		if (attempt.method !== 'publickey' || attempt.username !== options.user) {
			return false;
		}

		const isUserKey = attempt.key.algo === userKey.type && attempt.key.data.equals(userKey.getPublicSSH());
		// Without a signature the client only asks whether the key would be accepted.
		return (
			isUserKey &&
			(attempt.signature === undefined ||
				attempt.blob === undefined ||
				userKey.verify(attempt.blob, attempt.signature, attempt.hashAlgo))
		);
	};

	function serve(connection: Connection): void {
		const commands = new Set<() => void>();
		connections.add(connection);
		// A client may disconnect at any time.
		connection.on('error', () => {});
		connection.on('close', () => {
			connections.delete(connection);
			for (const stop of commands) {
				stop();
				running.delete(stop);
			}
		});
		connection.on('authentication', attempt => {
			if (isAuthentic(attempt)) {
				attempt.accept();
			} else {
				attempt.reject(['publickey']);
			}
		});
		connection.on('session', accept => {
			const session = accept();
			session.on('env', accepted => accepted?.());
			session.on('exec', (acceptExec, _reject, {command}) => {
				const {stop, signal} = runCommand(acceptExec(), command, options.environment, () => {
					commands.delete(stop);
					running.delete(stop);
				});
				commands.add(stop);
				running.add(stop);
				session.on('signal', (_accept, _reject, {name}) => signal(`SIG${name}` as NodeJS.Signals));
			});
		});
	}

	const server = new ssh2.Server({hostKeys: [options.keys.host.private]}, serve);
	// The type of ssh2's server lacks the events of the net.Server that it wraps.
	const port = await listenOn(server as unknown as Parameters<typeof listenOn>[0], 'SSH host', options.port);

	return {
		port,
		async close() {
			for (const stop of running) {
				stop();
			}

			for (const connection of connections) {
				connection.end();
			}

			const closed = once(server, 'close');
			server.close();
			await Promise.race([closed, new Promise(resolve => setTimeout(resolve, 500).unref())]);
		},
	};
}
