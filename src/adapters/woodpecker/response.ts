import type {Dispatcher} from 'undici';
import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {Redact} from '../../domain/text/redaction.ts';

const longestBodyBytes = 64 * 1024 * 1024;
const longestReason = 500;

export type ApiResponse = {
	status: number;
	/** The parsed body. Undefined for an empty body, and for any other content type. */
	json?: unknown;
	/** A short reason in plain text, where the server gave one. Most of its errors have an empty body. */
	text: string;
	/** `Pipeline-Filtered: true`: no workflow matched, and the server deleted the pipeline again. */
	filtered: boolean;
	/** The server's clock, milliseconds since 1970. */
	dateMs: number;
	retryAfterMs?: number;
};

/**
 * Reads a response to its end.
 * @param host for messages
 * @throws OperatorError ci.redirected | ci.not-woodpecker | ci.unreadable
 */
export async function readResponse(
	{statusCode: status, headers, body}: Dispatcher.ResponseData,
	host: string,
	redact: Redact,
): Promise<ApiResponse> {
	const type = header(headers['content-type']).split(';')[0]!.trim().toLowerCase();

	if (status >= 300 && status < 400) {
		await discard(body);
		throw redirected(host, header(headers.location));
	}

	// For an unknown route the server responds 200 with its web page, whatever the method. @see woodpecker-ci/woodpecker#1947
	if (status < 300 && type === 'text/html') {
		await discard(body);
		throw notWoodpecker(host, 'responds with a web page instead of its API');
	}

	const text = await readText(body, host);
	const retryAfter = Number(header(headers['retry-after']) || Number.NaN);
	return {
		status,
		text: type === 'text/plain' ? redact(text.trim()).slice(0, longestReason) : '',
		filtered: header(headers['pipeline-filtered']) === 'true',
		dateMs: Date.parse(header(headers.date)) || Date.now(),
		...defined({
			json: type === 'application/json' && text !== '' ? parse(text, host) : undefined,
			retryAfterMs: Number.isFinite(retryAfter) ? retryAfter * 1000 : undefined,
		}),
	};
}

export function notWoodpecker(host: string, problem: string): OperatorError {
	return new OperatorError('ci.not-woodpecker', `${host} ${problem}.`, {
		hint: 'Set woodpecker.url to the address of the web page, with its root path if it has one (https://ci.example/ci).',
		exit: 'configuration',
	});
}

/** A response that came, and does not make sense. @param transient the same request may succeed later */
export function unreadable(
	host: string,
	problem: string,
	{transient = false}: {transient?: boolean} = {},
): OperatorError {
	return new OperatorError('ci.unreadable', `A response of ${host} ${problem}.`, {
		hint: 'Check the CI server and any proxy in front of it.',
		exit: 'failed',
		transient,
	});
}

function redirected(host: string, location: string): OperatorError {
	const target = location === '' ? 'elsewhere' : `to ${location}`;
	return new OperatorError('ci.redirected', `${host} redirects ${target}; regmedic does not follow it.`, {
		hint: 'Set woodpecker.url to the final address, with https:// if it has it. A login page in front of the API must let the path of the API through.',
		exit: 'configuration',
	});
}

async function readText(body: Dispatcher.ResponseData['body'], host: string): Promise<string> {
	const chunks: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of body as AsyncIterable<Buffer>) {
		bytes += chunk.length;
		if (bytes > longestBodyBytes) {
			throw unreadable(host, 'is longer than 64 MiB');
		}

		chunks.push(chunk);
	}

	return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string, host: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		// The parser's own message quotes the text around the place: in a queue of 2.8 that can be a secret.
		throw unreadable(host, 'says that it is JSON, but is not', {transient: true});
	}
}

async function discard(body: Dispatcher.ResponseData['body']): Promise<void> {
	await body.dump({limit: 64 * 1024}).catch(() => undefined);
}

function header(value: string | string[] | undefined): string {
	return (Array.isArray(value) ? value[0] : value) ?? '';
}
