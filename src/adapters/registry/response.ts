import {OperatorError} from '../../domain/errors.ts';
import type {Body} from './connection/exchange.ts';

/** An answer whose headers are there and whose body is still to be read, or dropped. */
export type Answer = {
	status: number;
	header(name: string): string | undefined;
	/** All of that name, as one list. */
	list(name: string): string | undefined;
	/** Where it came from, after redirects. */
	url: URL;
	host: string;
	body: Body;
	/** The same text without the token that was sent, should the server say it back. */
	mask(text: string): string;
	/** What an error met while reading the body means: an OperatorError, the signal's reason, or a bug as it is. */
	explain(error: unknown): unknown;
};

/** Passes the body on piece by piece, in bounded memory. @returns how many bytes came */
export async function consume(answer: Answer, onChunk: (chunk: Uint8Array) => void = () => {}): Promise<number> {
	let received = 0;

	try {
		await answer.body.read(chunk => {
			received += chunk.length;
			onChunk(chunk);
		});
	} catch (error) {
		throw answer.explain(error);
	}

	return received;
}

/** The whole body. @throws OperatorError registry.answer-too-large */
export async function readAll(answer: Answer, limit: number): Promise<Buffer> {
	const encoding = answer.header('content-encoding') ?? 'identity';

	// Undici hands bytes on as they come. Packed ones cannot be hashed, and unpacking what we did not ask for invites a bomb.
	if (encoding.toLowerCase() !== 'identity') {
		discard(answer);
		throw encoded(answer.host, encoding);
	}

	if (Number(answer.header('content-length') ?? 0) > limit) {
		discard(answer);
		throw tooLarge(answer.host, limit);
	}

	const chunks: Uint8Array[] = [];
	let length = 0;
	await consume(answer, chunk => {
		length += chunk.length;
		if (length > limit) {
			throw tooLarge(answer.host, limit);
		}

		chunks.push(chunk);
	});
	return Buffer.concat(chunks);
}

/** The beginning of a body that only explains something. What breaks on the way is not worth a word. */
export async function readSome(answer: Answer, limit: number): Promise<string> {
	const chunks: Uint8Array[] = [];
	let length = 0;

	try {
		await answer.body.read(chunk => {
			chunks.push(chunk);
			length += chunk.length;
			return length < limit;
		});
	} catch (error) {
		const meaning = answer.explain(error);
		if (!(meaning instanceof OperatorError)) {
			throw meaning;
		}
	}

	return Buffer.concat(chunks).subarray(0, limit).toString('utf8');
}

/** Drops what is left of an answer, and its connection with it. */
export function discard({body}: Answer): void {
	body.drop();
}

export function encoded(host: string, encoding: string): OperatorError {
	const name = /^[\w-]{1,12}$/.test(encoding) ? ` (${encoding})` : '';
	return new OperatorError('registry.encoded', `${host} packs its answers${name} though it was asked not to.`, {
		hint: 'Switch compression off for /v2/ in the proxy in front of the registry.',
		exit: 'failed',
	});
}

function tooLarge(host: string, limit: number): OperatorError {
	return new OperatorError('registry.answer-too-large', `${host} answers with more than ${limit} bytes.`, {
		hint: 'No registry accepts a manifest of that size: look at what is stored there, and at the proxy in front.',
		exit: 'failed',
	});
}
