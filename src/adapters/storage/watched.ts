import {OperatorError} from '../../domain/errors.ts';
import type {Shell, ShellRequest, ShellResult} from '../../engine/ports/shell.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';

const longestSilenceMs = 5 * 60_000;

/**
 * Runs a script that may take hours on a large store, and gives up when nothing comes of it any more.
 * @throws OperatorError storage.silent
 */
export async function watched(
	shell: Shell,
	request: ShellRequest & {onOutput: (chunk: Uint8Array) => void},
	{signal, silenceMs = longestSilenceMs}: Waiting & {silenceMs?: number},
): Promise<ShellResult> {
	const silent = new AbortController();
	const timer = setTimeout(() => silent.abort(tooQuiet(shell.place, silenceMs)), silenceMs);

	try {
		return await shell.run(
			{
				...request,
				onOutput(chunk) {
					timer.refresh();
					request.onOutput(chunk);
				},
			},
			{signal: AbortSignal.any([signal, silent.signal])},
		);
	} finally {
		clearTimeout(timer);
	}
}

function tooQuiet(place: string, silenceMs: number): OperatorError {
	return new OperatorError(
		'storage.silent',
		`Nothing came from ${place} for ${Math.round(silenceMs / 1000)} seconds.`,
		{
			hint: 'See whether its disk hangs (`dmesg`, `iostat`), then try again.',
			exit: 'unreachable',
			transient: true,
		},
	);
}
