import {OperatorError} from '../../domain/errors.ts';
import type {Body} from './connection/exchange.ts';
import type {LoginWay} from './login/way.ts';

/** What is read of a body that only explains a status. */
const shortBodyLimit = 64 * 1024;

/** An HTTP response whose headers have arrived and whose body is still to be read or dropped. */
export type RegistryResponse = {
	status: number;
	header(name: string): string | undefined;
	/** Every header of that name, joined by commas. */
	list(name: string): string | undefined;
	/** The URL that responded, after redirects. */
	url: URL;
	host: string;
	body: Body;
	/** How the request had logged in, where the registry refused it. */
	way?: LoginWay;
	/** Hides the tokens in use and every other secret, in case the server repeats one. Before the text is cut. */
	mask(text: string): string;
	/** What an error while reading the body means: an OperatorError, the signal's reason, or a bug as it is. */
	explain(error: unknown): unknown;
};

/**
 * Hands the body on chunk by chunk, in bounded memory. Where `onChunk` returns false, the rest is dropped.
 * @returns how many bytes arrived
 */
export async function consume(
	response: RegistryResponse,
	onChunk: (chunk: Uint8Array) => unknown = () => {},
): Promise<number> {
	let received = 0;

	try {
		await response.body.read(chunk => {
			received += chunk.length;
			return onChunk(chunk);
		});
	} catch (error) {
		throw response.explain(error);
	}

	return received;
}

/** The whole body. @param limit bytes @throws OperatorError registry.answer-too-large | registry.encoded | registry.* */
export async function readAll(response: RegistryResponse, limit: number): Promise<Buffer> {
	rejectEncoding(response);

	if (Number(response.header('content-length') ?? 0) > limit) {
		discard(response);
		throw tooLarge(response, limit);
	}

	const chunks: Uint8Array[] = [];
	let length = 0;
	await consume(response, chunk => {
		length += chunk.length;
		if (length > limit) {
			throw tooLarge(response, limit);
		}

		chunks.push(chunk);
	});
	return Buffer.concat(chunks);
}

/** The start of a body that only explains a status; an error on the way ends it. A short body leaves its connection usable. */
export async function readShort(response: RegistryResponse): Promise<string> {
	const chunks: Uint8Array[] = [];
	let length = 0;

	try {
		await response.body.read(chunk => {
			chunks.push(chunk);
			length += chunk.length;
			return length < shortBodyLimit;
		});
	} catch (error) {
		const meaning = response.explain(error);
		if (!(meaning instanceof OperatorError)) {
			throw meaning;
		}
	}

	return Buffer.concat(chunks).subarray(0, shortBodyLimit).toString('utf8');
}

/** Drops what is left of a response, and its connection with it. */
export function discard({body}: RegistryResponse): void {
	body.drop();
}

export function isHtml(response: RegistryResponse): boolean {
	return /^\s*(?:text\/html|application\/xhtml)/i.test(response.header('content-type') ?? '');
}

/**
 * Undici hands bytes on as they come. Compressed ones cannot be hashed, and decompressing what we did not ask for invites a
 * bomb.
 * @throws OperatorError registry.encoded
 */
export function rejectEncoding(response: RegistryResponse): void {
	const encoding = response.header('content-encoding') ?? 'identity';
	if (encoding.toLowerCase() === 'identity') {
		return;
	}

	discard(response);
	const name = /^[\w-]{1,12}$/.test(encoding) ? ` (${encoding})` : '';
	throw new OperatorError(
		'registry.encoded',
		`${response.host} compresses responses${name} despite \`Accept-Encoding: identity\`.`,
		{hint: 'Switch compression off for /v2/ in the proxy in front of the registry.', exit: 'failed'},
	);
}

function tooLarge({host}: RegistryResponse, limit: number): OperatorError {
	return new OperatorError('registry.answer-too-large', `${host} sent a response of more than ${limit} bytes.`, {
		hint: 'No registry accepts a manifest of that size: check what is stored there, and the proxy in front of it.',
		exit: 'failed',
	});
}
