import {createHash} from 'node:crypto';
import {OperatorError} from '../../../domain/errors.ts';
import {type Digest, digestAlgorithm} from '../../../domain/image/digest.ts';
import type {PutAnswer} from '../../../engine/ports/registry.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {pushScope} from '../login/scope.ts';
import {type Answer, discard} from '../response.ts';
import type {Transport} from '../transport.ts';
import {inPieces} from './pieces.ts';
import {callOff, nameOf, sessionOf} from './upload-session.ts';
import {inWords, type Rejection, rejection, storeOnce} from './write-once.ts';

type Blob = {digest: Digest; size: number};

/** What one request holds. Beyond the 5 MiB that stores in the cloud take at least. */
const pieceBytes = 8 * 1024 * 1024;
/** For one piece; as long as they come through there is no end to the whole. */
const pieceMs = 3 * 60_000;
/** The registry may have to read it all again before it says that it has it. */
const slowestReading = 20 * 1024 * 1024;

/**
 * Sends a blob piece by piece and has it stored with the last request, which is made once. Until then nothing is served: what
 * goes wrong before that changed nothing.
 * @throws OperatorError blob.wrong-digest | effect.unknown where the last reply was lost | registry.* | what `bytes` throws
 * @see OCI distribution-spec, "Pushing a blob in chunks"
 */
export async function uploadBlob(
	transport: Transport,
	repository: string,
	blob: Blob,
	bytes: AsyncIterable<Uint8Array>,
	waiting: Waiting & {onBytes?: (count: number) => void},
): Promise<PutAnswer> {
	const scope = pushScope(repository);
	const opened = await transport.ask(
		{method: 'POST', path: `${repository}/blobs/uploads/`, scope, headers: {'content-length': '0'}},
		waiting,
	);
	if (opened.status !== 202) {
		return refused(transport, opened);
	}

	discard(opened);
	let session = sessionOf(transport, opened);
	let isOpen = true;

	try {
		const hash = createHash(digestAlgorithm(blob.digest));
		let sent = 0;
		for await (const piece of inPieces(bytes, pieceBytes)) {
			hash.update(piece);
			const answer = await transport.ask(
				{
					method: 'PATCH',
					path: known(session, transport.host),
					name: nameOf(known(session, transport.host)),
					scope,
					headers: {
						'content-type': 'application/octet-stream',
						// Without `bytes`, as the specification has it; 2.8 does not look.
						'content-range': `${sent}-${sent + piece.length - 1}`,
					},
					body: piece,
					headersDeadline: pieceMs,
					deadline: pieceMs,
				},
				waiting,
			);
			if (answer.status !== 202) {
				return await refused(transport, answer);
			}

			discard(answer);
			session = sessionOf(transport, answer);
			sent += piece.length;
			waiting.onBytes?.(piece.length);
		}

		const found = `${digestAlgorithm(blob.digest)}:${hash.digest('hex')}`;
		if (found !== blob.digest) {
			throw wrongDigest(found, blob);
		}

		const ended = await finish(transport, repository, known(session, transport.host), blob, waiting);
		isOpen = ended.state === 'rejected';
		return ended;
	} catch (error) {
		isOpen &&= !(error instanceof OperatorError && error.code === 'effect.unknown');
		throw error;
	} finally {
		if (isOpen) {
			await callOff(transport, repository, session);
		}
	}
}

async function finish(
	transport: Transport,
	repository: string,
	session: URL,
	{digest, size}: Blob,
	waiting: Waiting,
): Promise<PutAnswer> {
	const target = `${transport.host}/${repository}@${digest}`;
	const path = new URL(session);
	path.searchParams.set('digest', digest);
	const deadline = pieceMs + (size / slowestReading) * 1000;
	const answer = await storeOnce(
		transport,
		{
			method: 'PUT',
			path,
			name: `${nameOf(session)}?digest=${digest}`,
			scope: pushScope(repository),
			headers: {'content-length': '0'},
			headersDeadline: deadline,
			deadline,
		},
		target,
		waiting,
	);
	return 'state' in answer ? answer : {state: 'stored', digest, status: answer.status};
}

/** Whatever it says here, nothing is stored. @throws OperatorError registry.* where we are kept out */
async function refused(transport: Transport, answer: Answer): Promise<Rejection> {
	const {status} = answer;
	return status >= 500
		? {state: 'rejected', status, detail: await inWords(answer)}
		: rejection(transport, answer, 'an upload');
}

function known(session: URL | undefined, host: string): URL {
	if (session === undefined) {
		throw new OperatorError('registry.no-upload', `${host} opens an upload and does not say where.`, {
			hint: 'A proxy in front of the registry may drop its Location header: check the url with `regmedic check`.',
			exit: 'failed',
		});
	}

	return session;
}

function wrongDigest(found: string, {digest}: Blob): OperatorError {
	return new OperatorError('blob.wrong-digest', `These bytes are ${found}, not ${digest}. Nothing was stored.`, {
		hint: 'The data is damaged where it was read: scan with --hash, then rebuild.',
		exit: 'failed',
	});
}
