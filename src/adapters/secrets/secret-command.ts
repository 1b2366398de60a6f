import {execa} from 'execa';

export type SecretCommand = {
	program: string;
	args: readonly string[];
	input?: string;
	environment: Record<string, string | undefined>;
	timeoutMs: number;
	/** Ends it before its time. */
	signal?: AbortSignal;
};

export type SecretAnswer = {
	stdout: string;
	stderr: string;
	ended: 'well' | 'badly' | 'late' /** The exit code, or why it did not start. */;
	how: string;
};

const mostOutput = 64 * 1024;

/**
 * Runs a program that prints a secret. Whatever it started ends with it, and its end is not waited for beyond the time:
 * a grandchild that keeps the pipe open would hold us for as long as it likes.
 * @throws the signal's reason
 */
export async function runForSecret(command: SecretCommand): Promise<SecretAnswer> {
	const {program, args, input, environment, timeoutMs, signal} = command;
	signal?.throwIfAborted();
	const child = execa(program, args, {
		reject: false,
		// A group of its own, so that all of it can be ended.
		detached: true,
		...(input === undefined ? {stdin: 'ignore' as const} : {input}),
		env: environment,
		extendEnv: false,
		maxBuffer: mostOutput,
	});
	const late = Promise.withResolvers<SecretAnswer>();
	const timer = setTimeout(() => late.resolve({stdout: '', stderr: '', ended: 'late', how: 'no end'}), timeoutMs);
	const stop = () => late.reject(signal?.reason);
	signal?.addEventListener('abort', stop, {once: true});

	try {
		return await Promise.race([
			late.promise,
			child.then(
				({stdout, stderr, failed, exitCode, code}): SecretAnswer => ({
					stdout,
					stderr,
					ended: failed ? 'badly' : 'well',
					how: `${exitCode ?? code ?? 'a signal'}`,
				}),
			),
		]);
	} finally {
		clearTimeout(timer);
		signal?.removeEventListener('abort', stop);
		endGroup(child.pid);
	}
}

/** Also after a good end: nothing that a secret's command left behind has a reason to go on. */
function endGroup(leader: number | undefined): void {
	if (leader !== undefined) {
		try {
			process.kill(-leader, 'SIGKILL');
		} catch {
			// It is gone already.
		}
	}
}
