import {execa} from 'execa';
import {endGroup, type Processes} from '../../engine/ports/processes.ts';

type Ran = {
	stdout: string;
	stderr: string;
	/** Absent: it ended with 0. `cut`: it printed more than is read, or was stopped before it ended. */
	failure?: {kind: 'absent' | 'cut' | 'ended'; say: string};
};

type ProgramOptions = {
	/** Its whole environment. */
	environment: Record<string, string | undefined>;
	processes: Processes;
	timeoutMs: number;
	mostBytes: number;
	signal: AbortSignal;
};

/**
 * Runs a program that prints a list, and ends whatever it started: a login helper that keeps its pipe open would keep regmedic waiting.
 * @throws the signal's reason
 */
export async function runProgram(
	program: string,
	args: readonly string[],
	{environment, processes, timeoutMs, mostBytes, signal}: ProgramOptions,
): Promise<Ran> {
	signal.throwIfAborted();
	const child = execa(program, args, {
		reject: false,
		stdin: 'ignore',
		detached: true,
		env: environment,
		extendEnv: false,
		maxBuffer: mostBytes,
	});
	const early = Promise.withResolvers<Ran>();
	const say = `it did not end within ${timeoutMs / 1000} s`;
	const timer = setTimeout(() => early.resolve({stdout: '', stderr: '', failure: {kind: 'cut', say}}), timeoutMs);
	const stop = () => early.reject(signal.reason);
	signal.addEventListener('abort', stop, {once: true});
	try {
		return await Promise.race([
			early.promise,
			child.then(({stdout, stderr, failed, exitCode, code, isMaxBuffer}): Ran => {
				if (!failed) {
					return {stdout, stderr};
				}

				return code === 'ENOENT' || code === 'EACCES'
					? {stdout: '', stderr: '', failure: {kind: 'absent', say: code}}
					: isMaxBuffer
						? {stdout: '', stderr, failure: {kind: 'cut', say: `it printed more than ${mostBytes} bytes`}}
						: {stdout, stderr, failure: {kind: 'ended', say: `it ended with ${exitCode ?? 'a signal'}`}};
			}),
		]);
	} finally {
		clearTimeout(timer);
		signal.removeEventListener('abort', stop);
		endGroup(child.pid, 'SIGKILL', processes);
	}
}
