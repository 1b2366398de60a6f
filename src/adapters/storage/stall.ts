import {OperatorError} from '../../domain/errors.ts';
import type {Shell, ShellRequest, ShellResult} from '../../engine/ports/shell.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';

const stallTimeoutMs = 5 * 60_000;

/**
 * Runs a script that may take hours on a large store, and gives up once it has printed nothing for five minutes.
 * @throws OperatorError storage.silent
 */
export async function runUntilStalled(
	shell: Shell,
	request: ShellRequest & {onOutput: (chunk: Uint8Array) => void},
	{signal}: Waiting,
): Promise<ShellResult> {
	const stall = new AbortController();
	const timer = setTimeout(() => stall.abort(stalled(shell.place, 'nothing', stallTimeoutMs)), stallTimeoutMs);

	try {
		return await shell.run(
			{
				...request,
				onOutput(chunk) {
					timer.refresh();
					request.onOutput(chunk);
				},
			},
			{signal: AbortSignal.any([signal, stall.signal])},
		);
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
