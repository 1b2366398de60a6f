import type {Dispatcher} from 'undici';
import {OperatorError} from '../../domain/errors.ts';

const longestAnswerBytes = 64 * 1024 * 1024;

export type Answer = {
	status: number;
	/** What was sent as JSON; undefined for an empty body or another type. */
	json?: unknown;
	/** A short reason in plain text, where the server gave one. Most of its errors have an empty body. */
	text: string;
	/** `Pipeline-Filtered: true`: no workflow matched, and the pipeline was deleted again. */
	filtered: boolean;
	/** The server's clock, milliseconds since 1970. */
	dateMs: number;
	retryAfterMs?: number;
};

/**
 * Reads an answer whole.
 * @throws OperatorError ci.redirected | ci.not-woodpecker | ci.unreadable
 */
export async function readAnswer(
	{statusCode: status, headers, body}: Dispatcher.ResponseData,
	place: string,
): Promise<Answer> {
	const type = header(headers['content-type']).split(';')[0]!.trim().toLowerCase();

	if (status >= 300 && status < 400) {
		await discard(body);
		throw redirected(place, header(headers.location));
	}

	// Unknown routes answer 200 with the web page, whatever the method. @see woodpecker-ci/woodpecker#1947
	if (status < 300 && type === 'text/html') {
		await discard(body);
		throw notWoodpecker(place, 'answers with a web page where its API should be');
	}

	const text = await readText(body, place);
	const retryAfter = Number(header(headers['retry-after']) || Number.NaN);
	return {
		status,
		...(type === 'application/json' && text !== '' ? {json: parse(text, place)} : {}),
		text: type === 'text/plain' ? text.trim().slice(0, 500) : '',
		filtered: header(headers['pipeline-filtered']) === 'true',
		dateMs: Date.parse(header(headers.date)) || Date.now(),
		...(Number.isFinite(retryAfter) ? {retryAfterMs: retryAfter * 1000} : {}),
	};
}

export function notWoodpecker(place: string, what: string): OperatorError {
	return new OperatorError('ci.not-woodpecker', `${place} ${what}.`, {
		hint: 'Set woodpecker.url to the address of the web page, with its root path if it has one (https://ci.example/ci).',
		exit: 'configuration',
	});
}

function redirected(place: string, location: string): OperatorError {
	return new OperatorError('ci.redirected', `${place} sends requests elsewhere${location && ` (${location})`}.`, {
		hint: 'Set woodpecker.url to the final address, with https:// if it has it. A login page in front of the API has to let its path through.',
		exit: 'configuration',
	});
}

async function readText(body: Dispatcher.ResponseData['body'], place: string): Promise<string> {
	const chunks: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of body as AsyncIterable<Buffer>) {
		bytes += chunk.length;
		if (bytes > longestAnswerBytes) {
			throw unreadable(place, 'is longer than 64 MiB', false);
		}

		chunks.push(chunk);
	}

	return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string, place: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		throw unreadable(place, 'is not the JSON it claims to be', true, error);
	}
}

export function unreadable(place: string, why: string, transient: boolean, cause?: unknown): OperatorError {
	return new OperatorError('ci.unreadable', `An answer of ${place} ${why}.`, {
		hint: 'Look at the CI server and at any proxy in front of it.',
		exit: 'failed',
		transient,
		cause,
	});
}

async function discard(body: Dispatcher.ResponseData['body']): Promise<void> {
	await body.dump({limit: 64 * 1024}).catch(() => undefined);
}

function header(value: string | string[] | undefined): string {
	return (Array.isArray(value) ? value[0] : value) ?? '';
}
