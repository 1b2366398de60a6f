import {once} from 'node:events';
import type {Writable} from 'node:stream';
import type {OperatorError} from '../../domain/errors.ts';
import type {Redact} from '../../domain/text/redaction.ts';
import type {ShellRequest, ShellResult} from '../../engine/ports/shell.ts';
import {openEnvelope, splitStderr} from './envelope.ts';
import {connectionLost, scriptTooLate} from './errors.ts';

/** The streams of a running script: of a local process, of the ssh program, or of an ssh2 channel. */
export type Channel = {
	stdin: Writable;
	onStdout(take: (chunk: Uint8Array) => void): void;
	onStderr(take: (chunk: Uint8Array) => void): void;
	/** Settles when both streams have ended, with the reason for people; never rejects. */
	closed: Promise<string>;
	kill(): void;
};

/** How long streams may stay open after the script has ended: a program that it started may hold them. */
const lingerMs = 2000;

/**
 * Sends the script and its input over a channel, and waits for the trailer, the deadline, the signal, or the end of the
 * connection.
 * @param explain turns stderr into an error where it proves that the script never began
 * @throws OperatorError ssh.timeout | ssh.lost | effect.unknown, and what `explain` returns
 */
export async function runScript(
	channel: Channel,
	{
		request,
		nonce,
		head,
		place,
		signal,
		redact,
		explain,
	}: {
		request: ShellRequest;
		nonce: string;
		head: Uint8Array;
		place: string;
		signal: AbortSignal;
		redact: Redact;
		explain(stderr: string): OperatorError | undefined;
	},
): Promise<ShellResult> {
	const stdout: Uint8Array[] = [];
	const stderr = createTail();
	const ending = Promise.withResolvers<'trailer' | 'aborted' | 'late'>();
	const envelope = openEnvelope(nonce, request.onOutput ?? (chunk => void stdout.push(chunk)));
	const deadline = setTimeout(() => ending.resolve('late'), request.timeoutMs);
	const onAbort = () => ending.resolve('aborted');
	signal.addEventListener('abort', onAbort, {once: true});
	// It may have been aborted while the channel was being opened.
	if (signal.aborted) {
		onAbort();
	}

	channel.onStderr(chunk => stderr.push(chunk));
	channel.onStdout(chunk => {
		try {
			envelope.push(chunk);
		} catch (error) {
			ending.reject(error);
		}

		if (envelope.exitCode !== undefined) {
			ending.resolve('trailer');
		}
	});

	const sending = new AbortController();
	try {
		void feed(channel.stdin, head, request.input, sending.signal);
		const end = await Promise.race([ending.promise, channel.closed]);

		if (end === 'aborted') {
			throw signal.reason;
		}

		if (end === 'late') {
			throw scriptTooLate(request.kind, place, request.timeoutMs);
		}

		if (envelope.exitCode === undefined) {
			// Single lines are taken out of it, and shortened. What a script itself says is read by its caller, as it came.
			const before = redact(splitStderr(stderr.text(), nonce).before, {before: stderr.isCut()});
			throw (envelope.begun ? undefined : explain(before)) ?? connectionLost(request.kind, place, before || end);
		}

		await settled(channel.closed, lingerMs, signal);
		return {
			exitCode: envelope.exitCode,
			stdout: Buffer.concat(stdout),
			stderr: splitStderr(stderr.text(), nonce).script,
		};
	} finally {
		clearTimeout(deadline);
		signal.removeEventListener('abort', onAbort);
		sending.abort();
		channel.kill();
	}
}

/** A script may end without reading its input, so a broken pipe is no error. */
async function feed(stdin: Writable, head: Uint8Array, input: ShellRequest['input'], signal: AbortSignal) {
	stdin.on('error', () => {});
	try {
		await put(stdin, head, signal);
		if (typeof input === 'string' || input instanceof Uint8Array) {
			await put(stdin, input, signal);
		} else if (input !== undefined) {
			for await (const chunk of input) {
				await put(stdin, chunk, signal);
			}
		}

		stdin.end();
	} catch {
		stdin.destroy();
	}
}

async function put(stdin: Writable, chunk: string | Uint8Array, signal: AbortSignal): Promise<void> {
	if (!stdin.write(chunk)) {
		await once(stdin, 'drain', {signal});
	}
}

async function settled(promise: Promise<unknown>, milliseconds: number, signal: AbortSignal): Promise<void> {
	const enough = Promise.withResolvers<void>();
	const timer = setTimeout(enough.resolve, milliseconds);
	const stop = () => enough.resolve();
	signal.addEventListener('abort', stop, {once: true});
	await Promise.race([promise, enough.promise]);
	clearTimeout(timer);
	signal.removeEventListener('abort', stop);
}

const tailBytes = 64 * 1024;

/** Keeps the last bytes of stderr. The stream must be read to its end, else a long stderr would block the remote command. */
function createTail(): {push(chunk: Uint8Array): void; text(): string; isCut(): boolean} {
	let isCut = false;
	let chunks: Uint8Array[] = [];
	let size = 0;

	return {
		push(chunk) {
			chunks.push(chunk);
			size += chunk.length;
			if (size > tailBytes * 2) {
				isCut = true;
				chunks = [last()];
				size = tailBytes;
			}
		},
		text: () => new TextDecoder().decode(last()),
		isCut: () => isCut || size > tailBytes,
	};

	function last(): Uint8Array {
		const whole = Buffer.concat(chunks);
		return whole.subarray(Math.max(0, whole.length - tailBytes));
	}
}
