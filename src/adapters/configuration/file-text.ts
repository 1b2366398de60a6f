import {constants} from 'node:fs';
import {type FileHandle, open} from 'node:fs/promises';
import {setTimeout as pause} from 'node:timers/promises';

const mostBytes = 1024 * 1024;
const pipeTimeoutMs = 10_000;
const pollMs = 20;

/** Why a file was not read, for people. */
export class UnusableFile extends Error {}

/**
 * Reads a configuration. One that was found must be a regular file: a pipe or a device could keep regmedic waiting. One that a
 * person named may be a pipe (`--config <(sops -d …)`), which is read with a limit and a deadline. Nothing waits in `open`:
 * O_NONBLOCK opens a pipe without a writer at once (fifo(7)).
 * @throws UnusableFile, and the errors of the system
 */
export async function fileText(
	file: string,
	{named, signal}: {named: boolean; signal?: AbortSignal | undefined},
): Promise<string> {
	const opened = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
	try {
		const found = await opened.stat();
		if (!found.isFile() && (!named || found.isDirectory())) {
			throw new UnusableFile('it is not a regular file');
		}

		return (await bytesOf(opened, found.isFile(), signal)).toString('utf8');
	} finally {
		await opened.close();
	}
}

/** The same limits for standard input. @throws UnusableFile */
export async function streamText(stream: NodeJS.ReadableStream, {signal}: {signal: AbortSignal}): Promise<string> {
	const deadline = AbortSignal.timeout(pipeTimeoutMs);
	const stop = () => (stream as NodeJS.ReadStream).destroy();
	const either = AbortSignal.any([signal, deadline]);
	either.addEventListener('abort', stop, {once: true});
	const chunks: Buffer[] = [];
	let size = 0;

	try {
		for await (const chunk of stream) {
			chunks.push(Buffer.from(chunk));
			size += chunks.at(-1)!.length;
			if (size > mostBytes) {
				throw tooLong();
			}
		}
	} catch (error) {
		throw deadline.aborted ? tooLate() : error;
	} finally {
		either.removeEventListener('abort', stop);
	}

	signal.throwIfAborted();
	if (deadline.aborted) {
		throw tooLate();
	}

	return Buffer.concat(chunks).toString('utf8');
}

function tooLong(): UnusableFile {
	return new UnusableFile(`it is longer than ${mostBytes / 1024 / 1024} MiB`);
}

function tooLate(): UnusableFile {
	return new UnusableFile(`it did not end within ${pipeTimeoutMs / 1000} s`);
}

async function bytesOf(opened: FileHandle, isFile: boolean, signal?: AbortSignal): Promise<Buffer> {
	const until = performance.now() + pipeTimeoutMs;
	const chunks: Buffer[] = [];
	let size = 0;

	for (;;) {
		signal?.throwIfAborted();
		const chunk = Buffer.alloc(64 * 1024);
		const bytesRead = await opened.read(chunk, 0, chunk.length, null).then(
			read => read.bytesRead,
			(error: NodeJS.ErrnoException) => {
				if (error.code !== 'EAGAIN') {
					throw error;
				}

				return undefined;
			},
		);
		if (bytesRead !== undefined && bytesRead > 0) {
			chunks.push(chunk.subarray(0, bytesRead));
			size += bytesRead;
		} else if (bytesRead === 0 && (isFile || size > 0)) {
			return Buffer.concat(chunks);
		} else {
			// A pipe whose writer has not come yet reads as ended.
			await pause(pollMs, undefined, {signal});
		}

		if (size > mostBytes) {
			throw tooLong();
		}

		if (!isFile && performance.now() > until) {
			throw tooLate();
		}
	}
}
