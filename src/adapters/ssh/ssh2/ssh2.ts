import type {Client} from 'ssh2';
import type {Redact} from '../../../domain/text/redaction.ts';
import type {Shell, ShellRequest} from '../../../engine/ports/shell.ts';
import {type Become, sudoRefused} from '../become.ts';
import {seal} from '../envelope.ts';
import {connectionLost, scriptTooLate} from '../errors.ts';
import {type Channel, runScript} from '../run-script.ts';
import {connectSsh2} from './connection.ts';
import {createSessionLimit, openSession} from './sessions.ts';
import type {SshTarget} from './ssh-target.ts';

type Ssh2Options = {
	/** A function is called at the first command, and again after a lost connection. */
	target: SshTarget | (() => Promise<SshTarget>);
	place: string;
	/** Letters and digits, new at every call. */
	nonce(): string;
	/** Hides secrets in what the host says, before that is cut. */
	redact?: Redact;
	/** Absent: the scripts run as the login's own user. */
	become?: Become;
};

/** Below sshd's MaxSessions of 10. */
const sessionsAtOnce = 4;
const sessionRetryMs = 200;
const closeTimeoutMs = 500;

/** The built-in SSH client, for machines without ssh. It supports no certificates, no security keys and no jump hosts. */
export function createSsh2Shell({target, place, nonce, redact = text => text, become}: Ssh2Options): Shell {
	const limit = createSessionLimit(sessionsAtOnce);
	let connection: Promise<{client: Client; hostKey: string | undefined}> | undefined;
	let opening = new AbortController();

	return {
		place,
		async run(request, {signal}) {
			signal.throwIfAborted();
			const deadline = AbortSignal.timeout(request.timeoutMs);
			const either = AbortSignal.any([signal, deadline]);
			const free = await orTooLate(limit.take(either), request);

			try {
				const mark = nonce();
				const {command, head} = seal(request, mark, {become});
				const channel = await orTooLate(sessionFor(command, either), request);
				const explain = (stderr: string) => request.launcher?.refused(stderr) ?? sudoRefused(become, stderr, place);
				return await runScript(channel, {request, nonce: mark, head, place, signal, redact, explain});
			} finally {
				free();
			}

			/** Nothing has run until the session is open, so a deadline counts as that of a read. */
			function orTooLate<T>(promise: Promise<T>, {timeoutMs}: ShellRequest): Promise<T> {
				return promise.catch(error => {
					signal.throwIfAborted();
					throw deadline.aborted ? scriptTooLate('read', place, timeoutMs) : error;
				});
			}
		},
		async hostKey({signal}) {
			return (await connected(signal)).hostKey;
		},
		async close() {
			const open = connection;
			connection = undefined;
			opening.abort(new Error('the shell was closed'));
			const client = (await open?.catch(() => undefined))?.client;
			client?.end();
			// A host that has stalled does not confirm the end of the connection.
			setTimeout(() => client?.destroy(), closeTimeoutMs).unref();
		},
	};

	/** A server whose sessions are all taken refuses another one; regmedic then tries again. */
	async function sessionFor(command: string, signal: AbortSignal): Promise<Channel> {
		for (;;) {
			signal.throwIfAborted();
			const session = await openSession((await connected(signal)).client, command, signal);
			if (!(session instanceof Error)) {
				return session;
			}

			// Only a refusal by the server has a reason.
			if (!('reason' in session) || session.reason === undefined) {
				throw connectionLost('read', place, session.message, session);
			}

			await limit.anyFreed(sessionRetryMs, signal);
		}
	}

	async function connected(signal: AbortSignal): Promise<{client: Client; hostKey: string | undefined}> {
		connection ??= connect();
		const stopped = Promise.withResolvers<never>();
		const stop = () => stopped.reject(signal.reason);
		signal.addEventListener('abort', stop, {once: true});
		try {
			return await Promise.race([connection, stopped.promise]);
		} finally {
			signal.removeEventListener('abort', stop);
		}
	}

	async function connect(): Promise<{client: Client; hostKey: string | undefined}> {
		opening = new AbortController();
		const {signal} = opening;
		const forget = () => {
			connection = undefined;
		};
		try {
			const opened = await connectSsh2(typeof target === 'function' ? await target() : target, place, {signal});
			opened.client.once('close', forget);
			return opened;
		} catch (error) {
			forget();
			throw error;
		}
	}
}
