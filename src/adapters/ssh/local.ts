import {execa} from 'execa';
import type {Redact} from '../../domain/text/redaction.ts';
import {endGroup, type Processes} from '../../engine/ports/processes.ts';
import type {Shell} from '../../engine/ports/shell.ts';
import {type Become, sudoRefused} from './become.ts';
import {seal, systemShell} from './envelope.ts';
import {type Channel, runScript} from './run-script.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

type LocalShellOptions = {
	/** The whole environment of the scripts. Absent: they inherit regmedic's. */
	environment?: Environment;
	place?: string;
	processes: Processes;
	/** Letters and digits, new at every call. */
	nonce(): string;
	/** Hides secrets in what the host says, before that is cut. */
	redact?: Redact;
	/** What runs the scripts. Absent: the system's. */
	program?: string;
	/** Absent: they run as regmedic's own user. */
	become?: Become;
};

/** Runs on this machine the same scripts that run over SSH. */
export function createLocalShell({
	environment,
	place = 'this machine',
	processes,
	nonce,
	redact = text => text,
	program = systemShell,
	become,
}: LocalShellOptions): Shell {
	return {
		place,
		async run(request, {signal}) {
			signal.throwIfAborted();
			const mark = nonce();
			const {argv, head} = seal(request, mark, {become, shell: program});
			const [file, ...args] = argv;
			const channel = spawnChannel(file, args, {environment, processes});
			const explain = (stderr: string) => request.launcher?.refused(stderr) ?? sudoRefused(become, stderr, place);
			return runScript(channel, {request, nonce: mark, head, place, signal, redact, explain});
		},
		close: async () => {},
	};
}

type ProcessChannel = Channel & {
	/** Why the program could not be started, once `closed` has settled. */
	failure(): NodeJS.ErrnoException | undefined;
};

/**
 * Starts a program in a session of its own. Ctrl-C on the terminal does not reach it, it has no terminal to prompt on,
 * and it can be ended together with everything it started.
 * @param environment the whole environment of the program; undefined: it inherits regmedic's
 */
export function spawnChannel(
	file: string,
	argv: readonly string[],
	{environment, processes}: {environment: Environment | undefined; processes: Processes},
): ProcessChannel {
	const child = execa(file, argv, {
		stdin: 'pipe',
		stdout: 'pipe',
		stderr: 'pipe',
		encoding: 'buffer',
		buffer: false,
		reject: false,
		detached: true,
		cleanup: true,
		...(environment === undefined ? {} : {extendEnv: false, env: {...environment}}),
	});
	let hasEnded = false;
	let failure: NodeJS.ErrnoException | undefined;
	const ended = child.then(result => {
		hasEnded = true;
		failure = child.pid === undefined ? (result.cause as NodeJS.ErrnoException) : undefined;
		return result;
	});

	return {
		stdin: child.stdin,
		onStdout: take => void child.stdout.on('data', take).on('error', () => {}),
		onStderr: take => void child.stderr.on('data', take).on('error', () => {}),
		closed: ended.then(({exitCode, signal}) => (exitCode === undefined ? `killed by ${signal}` : `exit ${exitCode}`)),
		failure: () => failure,
		kill() {
			if (!hasEnded && child.pid !== undefined) {
				endGroup(child.pid, 'SIGTERM', processes);
				setTimeout(() => !hasEnded && endGroup(child.pid, 'SIGKILL', processes), 500).unref();
			}
		},
	};
}
