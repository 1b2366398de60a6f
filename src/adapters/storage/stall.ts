import {OperatorError} from '../../domain/errors.ts';
import type {Shell, ShellRequest, ShellResult} from '../../engine/ports/shell.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';

const stallTimeoutMs = 5 * 60_000;

type Reading = ShellRequest & {onOutput: (chunk: Uint8Array) => void};

/**
 * Runs a script that may take hours on a large store, and gives up once it has printed nothing for five minutes.
 * @throws OperatorError storage.silent
 */
export async function runUntilStalled(shell: Shell, request: Reading, waiting: Waiting): Promise<ShellResult> {
	const [result] = await runTogetherUntilStalled(shell, [request], waiting);
	return result!;
}

/**
 * The same for scripts that run at once: it gives up once none has printed anything for five minutes, as one may wait for the
 * session of another. Where one fails, the others are ended. A server may allow one session at a time (MaxSessions 1): ssh then
 * logs in anew for another one, which is refused where a person typed the passphrase. Such a script runs after the others.
 * @param requests whose input can be read twice
 * @throws OperatorError storage.silent, or the first failure
 */
export async function runTogetherUntilStalled(
	shell: Shell,
	requests: readonly Reading[],
	{signal}: Waiting,
): Promise<ShellResult[]> {
	const stop = new AbortController();
	const timer = setTimeout(() => stop.abort(stalled(shell.place, 'nothing', stallTimeoutMs)), stallTimeoutMs);
	const run = (request: Reading) =>
		shell.run(
			{
				...request,
				onOutput(chunk) {
					timer.refresh();
					request.onOutput(chunk);
				},
			},
			{signal: AbortSignal.any([signal, stop.signal])},
		);
	const first = requests.map(run);
	const refused: unknown[] = [];
	const results = first.map(async (running, n) => {
		try {
			return await running;
		} catch (error) {
			const isRefused = error instanceof OperatorError && error.code === 'ssh.unauthorized';
			if (!isRefused || refused.push(error) === requests.length) {
				throw error;
			}

			await Promise.all(first.filter((_, other) => other !== n));
			timer.refresh();
			return await run(requests[n]!);
		}
	});

	try {
		return await Promise.all(results);
	} catch (error) {
		stop.abort(error);
		throw error;
	} finally {
		clearTimeout(timer);
	}
}

/** @param sent what came from the host: `nothing`, `no more of the blob` */
export function stalled(place: string, sent: string, timeoutMs: number): OperatorError {
	const seconds = Math.round(timeoutMs / 1000);
	return new OperatorError('storage.silent', `${place} sent ${sent} for ${seconds} seconds.`, {
		hint: 'Check whether its disk hangs (`dmesg`, `iostat`), then try again.',
		exit: 'unreachable',
		transient: true,
	});
}
