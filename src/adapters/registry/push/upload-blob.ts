import {createHash} from 'node:crypto';
import {OperatorError} from '../../../domain/errors.ts';
import {type Digest, digestAlgorithm} from '../../../domain/image/digest.ts';
import type {PutAnswer} from '../../../engine/ports/registry.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {createYoungCollector} from '../collect-young.ts';
import {pushScope} from '../request.ts';
import {discard, type RegistryResponse} from '../response.ts';
import type {Transport} from '../transport.ts';
import {cancelUpload, sessionOf, withoutState} from './upload-session.ts';
import {type Rejection, readReason, readRejection, storeOnce} from './write-once.ts';

type Blob = {digest: Digest; size: number};

/** One request's body, held in memory. Object stores accept no parts below 5 MiB. */
const chunkBytes = 8 * 1024 * 1024;
/** For one chunk. While chunks arrive, the whole upload has no deadline. */
const chunkMs = 3 * 60_000;
/** The registry may read everything again before it confirms the upload. */
const slowestBytesPerSecond = 20 * 1024 * 1024;

/**
 * Sends a blob in chunks and has it stored by the last request, which is made once. Until then nothing is served: a failure
 * before it changed nothing.
 * @throws OperatorError blob.wrong-digest | effect.unknown where the last response was lost | registry.* | what `bytes` throws
 * @see OCI distribution-spec, "Pushing a blob in chunks"
 */
export async function uploadBlob(
	transport: Transport,
	{repository, blob, bytes}: {repository: string; blob: Blob; bytes: AsyncIterable<Uint8Array>},
	waiting: Waiting & {onBytes?: (count: number) => void},
): Promise<PutAnswer> {
	const scope = pushScope(repository);
	const opened = await transport.send(
		{method: 'POST', path: `${repository}/blobs/uploads/`, scope, headers: {'content-length': '0'}},
		waiting,
	);
	if (opened.status !== 202) {
		return rejectUpload(transport, opened);
	}

	discard(opened);
	let session = sessionOf(transport, opened);
	let isOpen = true;

	try {
		const hash = createHash(digestAlgorithm(blob.digest));
		let sent = 0;
		for await (const chunk of inChunks(bytes, chunkBytes)) {
			hash.update(chunk);
			const response = await sendChunk(
				transport,
				{session: required(session, transport.host), scope, chunk, sent},
				waiting,
			);
			if (response.status !== 202) {
				return await rejectUpload(transport, response);
			}

			discard(response);
			session = sessionOf(transport, response);
			sent += chunk.length;
			waiting.onBytes?.(chunk.length);
		}

		const digest = `${digestAlgorithm(blob.digest)}:${hash.digest('hex')}`;
		if (digest !== blob.digest) {
			throw wrongDigest(digest, blob.digest);
		}

		const answer = await finish(transport, {repository, session: required(session, transport.host), blob}, waiting);
		isOpen = answer.state === 'rejected';
		return answer;
	} catch (error) {
		isOpen &&= !(error instanceof OperatorError && error.code === 'effect.unknown');
		throw error;
	} finally {
		if (isOpen) {
			await cancelUpload(transport, repository, session);
		}
	}
}

function sendChunk(
	transport: Transport,
	{session, scope, chunk, sent}: {session: URL; scope: string; chunk: Buffer; sent: number},
	waiting: Waiting,
): Promise<RegistryResponse> {
	return transport.send(
		{
			method: 'PATCH',
			path: session,
			recordedUrl: withoutState(session),
			scope,
			headers: {
				'content-type': 'application/octet-stream',
				// The specification has no `bytes` here; 2.8 does not read it.
				'content-range': `${sent}-${sent + chunk.length - 1}`,
			},
			body: chunk,
			headersDeadlineMs: chunkMs,
			deadlineMs: chunkMs,
		},
		waiting,
	);
}

async function finish(
	transport: Transport,
	{repository, session, blob}: {repository: string; session: URL; blob: Blob},
	waiting: Waiting,
): Promise<PutAnswer> {
	const {digest, size} = blob;
	const path = new URL(session);
	path.searchParams.set('digest', digest);
	const deadlineMs = chunkMs + (size / slowestBytesPerSecond) * 1000;
	const response = await storeOnce(
		transport,
		{
			method: 'PUT',
			path,
			recordedUrl: `${withoutState(session)}?digest=${digest}`,
			scope: pushScope(repository),
			headers: {'content-length': '0'},
			headersDeadlineMs: deadlineMs,
			deadlineMs,
		},
		`${transport.host}/${repository}@${digest}`,
		waiting,
	);
	return 'state' in response ? response : {state: 'stored', digest, status: response.status};
}

/** Whatever the response, nothing is stored yet. @throws OperatorError registry.* where the registry let nothing in */
async function rejectUpload(transport: Transport, response: RegistryResponse): Promise<Rejection> {
	const {status} = response;
	return status >= 500
		? {state: 'rejected', status, detail: await readReason(response)}
		: readRejection(transport, response, 'an upload');
}

/**
 * The same bytes in chunks of one length; the last may be shorter. All are in one buffer, which is filled again when the next is asked
 * for: a new one each would be garbage of a hundred megabytes before it is collected.
 */
async function* inChunks(bytes: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Buffer> {
	const chunk = Buffer.allocUnsafeSlow(length);
	const collectYoung = createYoungCollector();
	let filled = 0;

	for await (const received of bytes) {
		collectYoung(received.length);
		for (let at = 0; at < received.length; ) {
			const part = received.subarray(at, at + length - filled);
			chunk.set(part, filled);
			at += part.length;
			filled += part.length;
			if (filled === length) {
				yield chunk;
				filled = 0;
			}
		}
	}

	if (filled > 0) {
		yield chunk.subarray(0, filled);
	}
}

function required(session: URL | undefined, host: string): URL {
	if (session === undefined) {
		throw new OperatorError('registry.no-upload', `${host} opened an upload without a Location.`, {
			hint: 'A proxy in front of the registry may drop the Location header: check the url with `regmedic check`.',
			exit: 'failed',
		});
	}

	return session;
}

function wrongDigest(found: string, expected: Digest): OperatorError {
	return new OperatorError('blob.wrong-digest', `The bytes hash to ${found}, not to ${expected}. Nothing was stored.`, {
		hint: 'The data is damaged where it was read: scan with --hash, then rebuild.',
		exit: 'failed',
	});
}
