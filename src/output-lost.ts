import {exitCodes} from './domain/errors.ts';

type Streams = {stdout: NodeJS.WritableStream; stderr: NodeJS.WritableStream};

type LostOutput = {
	/** The exit code of a run that ended with this one: success is none where the output is lost. */
	codeOf(code: number): number;
};

/** The reader of a pipe, or the terminal, is gone. */
const gone = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED']);

/**
 * `regmedic … | head -1`: a reader that closes standard output early cuts the work short. A full disk does not: what a run finds
 * is still in its exit code, its metrics and its journal. Messages that cannot be written are dropped.
 * @param changed called when the exit code may be another one
 */
export function watchOutput({stdout, stderr}: Streams, stop: () => void, changed: () => void): LostOutput {
	let isLost = false;

	stdout.on('error', ({code = 'an error'}: NodeJS.ErrnoException) => {
		if (gone.has(code)) {
			stop();
		} else if (!isLost) {
			isLost = true;
			stderr.write(`The output can't be written (${code}): what was written is not whole.\n`);
			changed();
		}
	});
	stderr.on('error', () => {});

	return {codeOf: code => (isLost && code === exitCodes.done ? exitCodes.failed : code)};
}
