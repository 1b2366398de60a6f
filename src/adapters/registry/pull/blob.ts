import {asOperatorError, OperatorError} from '../../../domain/errors.ts';
import {isDigestOfNothing} from '../../../domain/image/digest.ts';
import type {Descriptor} from '../../../domain/image/manifest.ts';
import type {Depth} from '../../../domain/image/verdict.ts';
import type {BlobAnswer} from '../../../engine/ports/registry.ts';
import {secondAttempt, thirdAttempt, withFurtherAttempts} from '../retry.ts';
import type {BlobFinding} from './blob-reading.ts';
import {
	type BlobRequests,
	type BlobSource,
	type BlobWaiting,
	createBlobRequests,
	type WantsOfWhole,
} from './blob-request.ts';
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
	source: BlobSource,
	{repository, blob, depth}: {repository: string; blob: Descriptor; depth: Depth},
	waiting: BlobWaiting,
): Promise<BlobAnswer> {
	const {transport} = source;
	const requests = createBlobRequests(source, repository, blob, waiting);

	async function check(): Promise<BlobFinding> {
		if (depth === 'content') {
			return tellSize(await checkContent(requests, transport.host, blob));
		}

		const wants = depth === 'head' ? 'existence' : 'last-byte';
		return (
			(depth === 'head' ? await requests.head() : undefined) ??
			tellSize(await checkLastByte(requests, transport.host, blob, wants))
		);
	}

	/** A wrong size in the manifest and damaged data look the same until the bytes are hashed. */
	async function tellSize(found: BlobFinding): Promise<BlobFinding> {
		const {digest, size} = blob;
		if ((found.state !== 'empty' && found.state !== 'truncated') || found.length === undefined) {
			return found;
		}

		const {length, status, detail} = found;
		if (length > mostBytesToTell && depth !== 'content') {
			return {...found, detail: `${detail}; whether its data or the manifest is wrong shows at depth content`};
		}

		const isWhole = length === 0 ? isDigestOfNothing(digest) : await matchesDigest(length);
		return isWhole ? judgeMissized(status, length, size) : found;
	}

	/** Where its bytes cannot be read, the size alone has shown a fault already. */
	async function matchesDigest(length: number): Promise<boolean> {
		const sized = createBlobRequests(source, repository, {...blob, size: length}, waiting);

		try {
			return (await sized.whole('all', false)).state === 'present';
		} catch (error) {
			waiting.signal.throwIfAborted();
			asOperatorError(error);
			return false;
		}
	}

	const found = await withFurtherAttempts(check, pausesFor, transport.retrying, waiting);
	requests.learnFrom(found);
	return answerOf(found, blob, depth);
}

/** Of a promised byte that did not arrive, `checkLastByte` has made sure. */
function pausesFor({state, status}: BlobFinding): readonly number[] {
	return state === 'unreadable' ? secondAttempt : state === 'unserved' && status >= 500 ? thirdAttempt : [];
}

function answerOf(found: BlobFinding, {size, digest}: Descriptor, depth: Depth): BlobAnswer {
	if (found.state !== 'present') {
		return found;
	}

	// A client that pushed onto emptied data took its size from the registry.
	if (size === 0 && !isDigestOfNothing(digest)) {
		return {state: 'empty', status: found.status, detail: 'it is empty, and its digest is of something'};
	}

	const {state, status, proof} = found;
	return {state, status, ...(depth === 'edge' && proof === 'size' && size > 0 && {sizeOnly: true})};
}

/** Where the last byte is promised and does not arrive, it is requested again before that is called a fault. */
async function checkLastByte(
	requests: BlobRequests,
	host: string,
	{size}: Descriptor,
	wants: WantsOfWhole,
): Promise<BlobFinding> {
	const first = await requests.lastByte(wants, false);
	if (first.state !== 'cut') {
		return first;
	}

	const second = await requests.lastByte('all', true);
	if (second.state !== 'cut') {
		return second;
	}

	if (second.isWhole) {
		return judgeCut(host, second.status, second.received, size);
	}

	// Whether it is empty or truncated.
	const beginning = await requests.whole('first-byte', true);
	if (beginning.state === 'present') {
		return judgeCut(host, second.status, 1, size);
	}

	return beginning.state === 'cut' ? judgeCut(host, second.status, beginning.received, size) : beginning;
}

async function checkContent(requests: BlobRequests, host: string, blob: Descriptor): Promise<BlobFinding> {
	const first = await requests.whole('all', false);
	if (first.state !== 'cut') {
		return first;
	}

	const lastByte = await checkLastByte(requests, host, blob, 'all');
	if (lastByte.state !== 'present' || lastByte.proof === 'hash') {
		return lastByte;
	}

	const second = await requests.whole('all', true);
	if (second.state !== 'cut') {
		return second;
	}

	throw new OperatorError('registry.cut-off', `${host} cut a blob off twice, although its last byte is there.`, {
		hint: 'Check the network, and the time limits of the proxy in front of the registry.',
		exit: 'unreachable',
		transient: true,
	});
}
