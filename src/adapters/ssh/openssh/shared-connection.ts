import {once} from 'node:events';
import {lstat, mkdir} from 'node:fs/promises';
import {connect} from 'node:net';
import path from 'node:path';
import {execa} from 'execa';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {type HostName, unauthorized} from '../errors.ts';
import type {Environment} from '../local.ts';
import {causeOf} from './ssh-stderr.ts';

/** Runs work while the terminal is free for a program that prompts the operator; a screen is hidden meanwhile. */
export type Prompting = (work: () => Promise<void>) => Promise<void>;

type SharedConnectionOptions = {
	program: string;
	/** Options that every call of ssh gets. */
	options: readonly string[];
	/** The last arguments, which name the host. */
	target: readonly string[];
	/** A folder for the connection's socket, created with mode 0700. Absent: each command logs in anew. */
	folder?: string;
	/** Letters and digits, new at every call. */
	nonce(): string;
	environment: Environment;
	/** The numeric id of the user that this process runs as; undefined where the system has none. */
	user: number | undefined;
	place: string;
	hostName: HostName;
	/** Absent: there is no one to prompt for a passphrase. */
	prompting?: Prompting;
};

type SharedConnection = {
	/** Logs in where a prompt may be needed. @returns ssh's options for one command @throws OperatorError ssh.unauthorized */
	join(waiting: Waiting): Promise<string[]>;
	close(): Promise<void>;
};

const batchTimeoutMs = 30_000;
const promptTimeoutMs = 180_000;
const closeTimeoutMs = 5000;
/** An operator who thinks about a gate for some minutes is not prompted for the passphrase again. */
const promptedPersistSeconds = 600;
const persistSeconds = 60;

/**
 * One login for many commands, through OpenSSH's ControlMaster. Where keys suffice, ssh logs in without a prompt; else it
 * prompts the operator at the terminal, for a passphrase, a password, or a touch of a security key. ssh itself prompts:
 * nothing that is typed passes through regmedic.
 */
export function createSharedConnection(connection: SharedConnectionOptions): SharedConnection {
	const {program, options, target, folder, nonce, environment, place, hostName, prompting} = connection;
	const env = {extendEnv: false, env: {...environment}} as const;
	let control: Promise<string | undefined> | undefined;
	let entering: Promise<void> | undefined;

	return {
		async join(waiting) {
			control ??= folder === undefined ? Promise.resolve(undefined) : controlPathIn(folder, nonce(), connection.user);
			const controlPath = await control;
			if (controlPath === undefined) {
				return ['-o', 'ControlMaster=no', '-o', 'ControlPath=none'];
			}

			if (prompting !== undefined) {
				// Concurrent commands share one login; after a refused one, the next command tries again.
				entering ??= logIn(controlPath, prompting, waiting).finally(() => {
					entering = undefined;
				});
				await entering;
			}

			return sharing(controlPath, persistSeconds);
		},
		async close() {
			const controlPath = await control;
			if (controlPath !== undefined) {
				await endMaster(controlPath);
			}
		},
	};

	async function logIn(controlPath: string, prompting: Prompting, {signal}: Waiting): Promise<void> {
		if (await hasMaster(controlPath)) {
			return;
		}

		const argv = [...sharing(controlPath, promptedPersistSeconds), ...options, ...target, 'true'];
		const batch = await execa(program, argv, {
			reject: false,
			stdin: 'ignore',
			timeout: batchTimeoutMs,
			cancelSignal: signal,
			detached: true,
			...env,
		});
		signal.throwIfAborted();

		// Any other failure will happen to the command itself, which reports it.
		if (batch.exitCode === 0 || causeOf(batch.stderr, place, hostName)?.code !== 'ssh.unauthorized') {
			return;
		}

		await prompting(async () => {
			// ssh takes the first value of an option.
			const {exitCode} = await execa(program, ['-o', 'BatchMode=no', ...argv], {
				reject: false,
				// ssh opens the terminal itself to prompt. It must not inherit our standard input: the child would switch that to
				// blocking, also for us. @see libuv src/unix/process.c, uv__process_child_init
				stdin: 'ignore',
				stdout: 'ignore',
				stderr: 'inherit',
				timeout: promptTimeoutMs,
				cancelSignal: signal,
				...env,
			});
			signal.throwIfAborted();
			if (exitCode !== 0) {
				throw unauthorized(place, 'the login was not completed');
			}
		});
	}

	async function endMaster(controlPath: string): Promise<void> {
		const argv = ['-o', `ControlPath=${controlPath}`, '-O', 'exit', ...target];
		await execa(program, argv, {reject: false, stdio: 'ignore', timeout: closeTimeoutMs, ...env});
	}
}

/**
 * Whether the shared connection is there: its master listens at the socket, and takes it away when it ends. `ssh -O check` asks no
 * more, and is a program for every command. @see openssh-portable mux.c, muxserver_listen, muxclient
 */
async function hasMaster(controlPath: string): Promise<boolean> {
	const socket = connect({path: controlPath});
	try {
		await once(socket, 'connect');
		return true;
	} catch {
		return false;
	} finally {
		socket.destroy();
	}
}

function sharing(controlPath: string, persist: number): string[] {
	return ['-o', 'ControlMaster=auto', '-o', `ControlPath=${controlPath}`, '-o', `ControlPersist=${persist}`];
}

/**
 * The path of a socket is at most 104 bytes long on some systems, and ssh first binds a name 17 characters longer.
 * @see openssh-portable mux.c, muxserver_listen
 */
const longestPath = 104 - 18;

/** @returns undefined where sharing is not safe or not possible: each command then logs in by itself */
async function controlPathIn(folder: string, name: string, user: number | undefined): Promise<string | undefined> {
	const file = path.join(folder, name.slice(0, 12));
	if (Buffer.byteLength(file) > longestPath || !/^[A-Za-z0-9._/-]+$/.test(file)) {
		return undefined;
	}

	try {
		await mkdir(folder, {mode: 0o700}).catch((error: NodeJS.ErrnoException) => {
			if (error.code !== 'EEXIST') {
				throw error;
			}
		});
		const {mode, uid} = await lstat(folder);
		const isOwn = (mode & 0o170077) === 0o040000 && uid === user;
		return isOwn ? file : undefined;
	} catch {
		return undefined;
	}
}
