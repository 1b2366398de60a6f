import {createHash} from 'node:crypto';
import {OperatorError} from '../../../domain/errors.ts';
import {digestAlgorithm, digestHex} from '../../../domain/image/digest.ts';
import type {Descriptor} from '../../../domain/image/manifest.ts';
import type {BlobAnswer} from '../../../engine/ports/registry.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {readNotServed} from '../errors/refusals.ts';
import {pullScope} from '../request.ts';
import {consume, discard, type RegistryResponse, rejectEncoding} from '../response.ts';
import {withRetries} from '../retry.ts';
import type {Transport} from '../transport.ts';
import {judgeRange, judgeSize, type RangeJudgement} from './blob-size.ts';

/** A whole blob that arrives more slowly than this counts as stalled. */
const slowestBytesPerMs = 64;
const shortestDeadlineMs = 60_000;

/** What one request shows. `cut`: the response ended early, which is not yet called a fault. */
type BlobReading = BlobAnswer | {state: 'cut'; status: number; received: number};

/** The last byte, or the first. */
type BlobRange = 'bytes=-1' | 'bytes=0-0';

export type BlobRequests = ReturnType<typeof createBlobRequests>;

/** The requests that show something of one blob. Each is retried where it fails for a passing reason. */
export function createBlobRequests(
	transport: Transport,
	repository: string,
	blob: Descriptor,
	waiting: Waiting & {onBytes?: (count: number) => void; onContent?: (bytes: Uint8Array) => void},
) {
	const {size} = blob;
	/** Bytes reported so far. Those that arrive again after a retry are not reported again. */
	let reported = 0;

	async function send(method: 'GET' | 'HEAD', fresh: boolean, headers: Record<string, string> = {}) {
		const response = await transport.send(
			{
				method,
				path: `${repository}/blobs/${blob.digest}`,
				scope: pullScope(repository),
				expected: method === 'HEAD' ? [200, 404, 405, 416, 500] : [200, 206, 404, 416, 500],
				headers,
				fresh,
				mayLeaveRegistry: true,
				deadlineMs: shortestDeadlineMs + Math.ceil(size / slowestBytesPerMs),
			},
			waiting,
		);
		rejectEncoding(response);
		return response;
	}

	async function readWhole(response: RegistryResponse): Promise<BlobReading> {
		const {status} = response;
		const announced = response.header('content-length');

		if (announced !== undefined && Number(announced) !== size) {
			discard(response);
			return judgeSize(status, Number(announced), size);
		}

		const hash = createHash(digestAlgorithm(blob.digest));
		const content: Uint8Array[] = [];
		let arrived = 0;
		const {received, isCut} = await receive(response, chunk => {
			hash.update(chunk);
			if (waiting.onContent !== undefined) {
				content.push(chunk);
			}

			arrived += chunk.length;

			if (arrived > reported) {
				waiting.onBytes?.(arrived - reported);
				reported = arrived;
			}
		});

		// A response without a Content-Length ends with its connection, and so may be cut off, too.
		if (isCut || (announced === undefined && received < size)) {
			return {state: 'cut', status, received};
		}

		if (received !== size) {
			return judgeSize(status, received, size);
		}

		const isWhole = hash.digest('hex') === digestHex(blob.digest);
		if (isWhole) {
			waiting.onContent?.(Buffer.concat(content));
		}

		return isWhole
			? {state: 'present', status}
			: {state: 'corrupt', status, detail: 'its bytes do not hash to its digest'};
	}

	/** Undefined: the registry did not understand the range. */
	async function readRange(response: RegistryResponse, range: BlobRange): Promise<BlobReading | undefined> {
		const {status} = response;
		const judgement: RangeJudgement =
			range === 'bytes=-1' || status === 416
				? judgeRange(status, response.header('content-range'), size)
				: {state: 'promised', bytes: 1};

		if (judgement.state === 'unclear') {
			discard(response);
			return undefined;
		}

		const {received, isCut} = await receive(response);
		if (judgement.state !== 'promised') {
			return judgement;
		}

		return isCut || received < judgement.bytes ? {state: 'cut', status, received} : {state: 'present', status};
	}

	/** @param fresh on a connection of its own */
	async function requestWhole(fresh: boolean): Promise<BlobReading> {
		const response = await send('GET', fresh);
		const {status, host} = response;
		if (status === 404 || status === 500) {
			return readNotServed(response);
		}

		if (status === 200) {
			return readWhole(response);
		}

		discard(response);
		throw new OperatorError('registry.unexpected-answer', `${host} responded ${status} to a request without a range.`, {
			hint: 'Check the proxy in front of the registry.',
			exit: 'failed',
		});
	}

	/** Reads everything from a registry that does not know ranges. @returns undefined where the range was not understood */
	async function requestRange(range: BlobRange, fresh: boolean): Promise<BlobReading | undefined> {
		const response = await send('GET', fresh, {range});
		const {status} = response;
		if (status === 404 || status === 500) {
			return readNotServed(response);
		}

		return status === 200 ? readWhole(response) : readRange(response, range);
	}

	async function requestHead(): Promise<BlobAnswer | undefined> {
		const response = await send('HEAD', false);
		await consume(response);
		const length = Number(response.header('content-length') ?? size);
		return response.status === 200 && length === size ? {state: 'present', status: 200} : undefined;
	}

	const retried = <T>(attempt: () => Promise<T>) => withRetries(attempt, transport.retrying, waiting);
	const whole = (fresh: boolean) => retried(() => requestWhole(fresh));
	return {
		/** Undefined: not present, or not clear enough. */
		head: () => retried(requestHead),
		whole,
		range: async (range: BlobRange, fresh: boolean) =>
			(await retried(() => requestRange(range, fresh))) ?? whole(fresh),
	};
}

/** Reads a body to its end, or to where it is cut off. */
async function receive(response: RegistryResponse, onChunk: (chunk: Uint8Array) => void = () => {}) {
	let received = 0;

	try {
		await consume(response, chunk => {
			received += chunk.length;
			onChunk(chunk);
		});
		return {received, isCut: false};
	} catch (error) {
		if (error instanceof OperatorError && error.code === 'registry.cut-off') {
			return {received, isCut: true};
		}

		throw error;
	}
}
