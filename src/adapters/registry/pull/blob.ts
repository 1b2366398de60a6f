import {asOperatorError, OperatorError} from '../../../domain/errors.ts';
import {isDigestOfNothing} from '../../../domain/image/digest.ts';
import type {Descriptor} from '../../../domain/image/manifest.ts';
import type {Depth} from '../../../domain/image/verdict.ts';
import type {BlobAnswer} from '../../../engine/ports/registry.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {withSecondAttempt} from '../retry.ts';
import type {Transport} from '../transport.ts';
import {type BlobRequests, createBlobRequests} from './blob-request.ts';
import {judgeCut, judgeMissized} from './blob-size.ts';

/** Below `content`, a blob up to this size is read whole where its size is not its descriptor's. */
const mostBytesToTell = 4 * 1024 * 1024;

/**
 * Decides which requests show whether a blob is intact. HEAD is only believed when it says yes: after a garbage collection it
 * says yes from a cache.
 * @param depth `head`: HEAD; `edge`: the last byte; `content`: all bytes, hashed
 * @throws OperatorError registry.*
 * @see distribution/distribution#4525
 */
export async function checkBlob(
	transport: Transport,
	{repository, blob, depth}: {repository: string; blob: Descriptor; depth: Depth},
	waiting: Waiting & {onBytes?: (count: number) => void; onContent?: (bytes: Uint8Array) => void},
): Promise<BlobAnswer> {
	const requests = createBlobRequests(transport, repository, blob, waiting);

	async function check(): Promise<BlobAnswer> {
		if (depth === 'content') {
			return tellSize(await checkContent(requests, transport.host, blob));
		}

		return (depth === 'head' ? await requests.head() : undefined) ?? tellSize(await checkLastByte(requests, blob));
	}

	/** A wrong size in the manifest and damaged data look the same until the bytes are hashed. */
	async function tellSize(answer: BlobAnswer): Promise<BlobAnswer> {
		const {digest, size} = blob;
		if ((answer.state !== 'empty' && answer.state !== 'truncated') || answer.length === undefined) {
			return answer;
		}

		const {length, status, detail} = answer;
		if (length > mostBytesToTell && depth !== 'content') {
			return {...answer, detail: `${detail}; whether its data or the manifest is wrong shows at depth content`};
		}

		const isWhole = length === 0 ? isDigestOfNothing(digest) : await matchesDigest(length);
		return isWhole ? judgeMissized(status, length, size) : answer;
	}

	/** Where its bytes cannot be read, the size alone has shown a fault already. */
	async function matchesDigest(length: number): Promise<boolean> {
		const sized = createBlobRequests(transport, repository, {...blob, size: length}, waiting);

		try {
			return (await sized.whole(false)).state === 'present';
		} catch (error) {
			waiting.signal.throwIfAborted();
			asOperatorError(error);
			return false;
		}
	}

	return withSecondAttempt(check, ({state}) => state !== 'unreadable', transport.retrying, waiting);
}

/** Where the last byte is promised and does not arrive, it is requested again before that is called a fault. */
async function checkLastByte(requests: BlobRequests, {size}: Descriptor): Promise<BlobAnswer> {
	const first = await requests.range('bytes=-1', false);
	if (first.state !== 'cut') {
		return first;
	}

	const second = await requests.range('bytes=-1', true);
	if (second.state !== 'cut') {
		return second;
	}

	// Whether it is empty or truncated.
	const beginning = await requests.range('bytes=0-0', true);
	if (beginning.state === 'present') {
		return judgeCut(second.status, 1, size);
	}

	return beginning.state === 'cut' ? judgeCut(second.status, beginning.received, size) : beginning;
}

async function checkContent(requests: BlobRequests, host: string, blob: Descriptor): Promise<BlobAnswer> {
	const first = await requests.whole(false);
	if (first.state !== 'cut') {
		return first;
	}

	const lastByte = await checkLastByte(requests, blob);
	if (lastByte.state !== 'present') {
		return lastByte;
	}

	const second = await requests.whole(true);
	if (second.state !== 'cut') {
		return second;
	}

	throw new OperatorError('registry.cut-off', `${host} cut a blob off twice, although its last byte is there.`, {
		hint: 'Check the network, and the time limits of the proxy in front of the registry.',
		exit: 'unreachable',
		transient: true,
	});
}
