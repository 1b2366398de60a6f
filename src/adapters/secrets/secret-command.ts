import {execa} from 'execa';
import {endGroup, type Processes} from '../../engine/ports/processes.ts';

export type SecretCommand = {
	program: string;
	args: readonly string[];
	/** For standard input, which is closed without it. */
	input?: string;
	environment: Record<string, string | undefined>;
	processes: Processes;
	timeoutMs: number;
	/** Stops the command. */
	signal?: AbortSignal | undefined;
};

type SecretCommandResult = {
	stdout: string;
	stderr: string;
	outcome: 'succeeded' | 'failed' | 'timed-out';
	/** The exit code, or why the command did not start. */
	reason: string;
};

const mostOutput = 64 * 1024;

/**
 * Runs a command that prints a secret, and kills whatever it started when it ends. It is not waited for beyond its time:
 * a grandchild that keeps the pipe open would keep regmedic waiting.
 * @throws the signal's reason
 */
export async function runForSecret(command: SecretCommand): Promise<SecretCommandResult> {
	const {program, args, input, environment, processes, timeoutMs, signal} = command;
	signal?.throwIfAborted();
	const child = execa(program, args, {
		reject: false,
		// A process group of its own, so that all of it can be killed.
		detached: true,
		...(input === undefined ? {stdin: 'ignore' as const} : {input}),
		env: environment,
		extendEnv: false,
		maxBuffer: mostOutput,
	});
	const late = Promise.withResolvers<SecretCommandResult>();
	const timer = setTimeout(
		() => late.resolve({stdout: '', stderr: '', outcome: 'timed-out', reason: 'no end'}),
		timeoutMs,
	);
	const stop = () => late.reject(signal?.reason);
	signal?.addEventListener('abort', stop, {once: true});

	try {
		return await Promise.race([
			late.promise,
			child.then(
				({stdout, stderr, failed, exitCode, code}): SecretCommandResult => ({
					stdout,
					stderr,
					outcome: failed ? 'failed' : 'succeeded',
					reason: `${exitCode ?? code ?? 'a signal'}`,
				}),
			),
		]);
	} finally {
		clearTimeout(timer);
		signal?.removeEventListener('abort', stop);
		// Also after a success: nothing that such a command left behind has a reason to run on.
		endGroup(child.pid, 'SIGKILL', processes);
	}
}
