import {execa} from 'execa';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {type HostName, unauthorized} from './errors.ts';
import type {Environment} from './spawned.ts';
import {causeOf} from './ssh-stderr.ts';

/** Does something while the terminal is free for a program that asks its person: a screen is put away meanwhile. */
export type Prompting = (work: () => Promise<void>) => Promise<void>;

export type EntranceOptions = {
	program: string;
	/** Everything between the program's own options and the remote command, the destination last. */
	target: readonly string[];
	/** Where the shared connection lives. */
	controlPath: string;
	environment: Environment;
	place: string;
	name: HostName;
	prompting: Prompting;
};

const batchTimeoutMs = 30_000;
const personTimeoutMs = 180_000;
const checkTimeoutMs = 5000;
/** A person who thinks about a gate for a while is not asked for the passphrase again. */
const persistSeconds = 600;

/**
 * Sees to it that the shared connection is there before anything runs over it: without a word where keys suffice, else
 * with the person at the terminal, for a passphrase, a password, or a touch of a security key. ssh itself asks; nothing
 * that is typed passes through us.
 */
export function createEntrance(options: EntranceOptions, safeOptions: readonly string[]) {
	const {program, target, controlPath, environment, place, name, prompting} = options;
	const env = {extendEnv: false, env: {...environment}} as const;
	const sharing = ['ControlMaster=auto', `ControlPath=${controlPath}`, `ControlPersist=${persistSeconds}`];
	const words = sharing.flatMap(option => ['-o', option]);
	let entering: Promise<void> | undefined;

	async function isOpen(): Promise<boolean> {
		const argv = ['-o', `ControlPath=${controlPath}`, '-O', 'check', ...target];
		const {exitCode} = await execa(program, argv, {reject: false, stdio: 'ignore', timeout: checkTimeoutMs, ...env});
		return exitCode === 0;
	}

	async function enter({signal}: Waiting): Promise<void> {
		if (await isOpen()) {
			return;
		}

		const quiet = await execa(program, [...words, ...safeOptions, ...target, 'true'], {
			reject: false,
			stdin: 'ignore',
			timeout: batchTimeoutMs,
			cancelSignal: signal,
			detached: true,
			...env,
		});
		signal.throwIfAborted();

		// Whatever else is wrong, the command itself will say it.
		if (quiet.exitCode === 0 || causeOf(quiet.stderr, place, name)?.code !== 'ssh.unauthorized') {
			return;
		}

		await prompting(async () => {
			// The first word for an option counts.
			const argv = ['-o', 'BatchMode=no', ...words, ...safeOptions, ...target, 'true'];
			const {exitCode} = await execa(program, argv, {
				reject: false,
				// ssh opens the terminal by itself to ask. Handing on our own input would make reading from it block us: the child
				// switches what it inherits to blocking, for both. @see libuv src/unix/process.c, uv__process_child_init
				stdin: 'ignore',
				stdout: 'ignore',
				stderr: 'inherit',
				timeout: personTimeoutMs,
				cancelSignal: signal,
				...env,
			});
			signal.throwIfAborted();
			if (exitCode !== 0) {
				throw unauthorized(place, 'the login was not completed');
			}
		});
	}

	/** Those who come together enter together; who was refused may try again. */
	return (waiting: Waiting): Promise<void> => {
		entering ??= enter(waiting).finally(() => {
			entering = undefined;
		});
		return entering;
	};
}
