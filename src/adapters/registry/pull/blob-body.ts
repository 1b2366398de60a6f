import {createHash} from 'node:crypto';
import {OperatorError} from '../../../domain/errors.ts';
import {digestAlgorithm, digestHex} from '../../../domain/image/digest.ts';
import type {Descriptor} from '../../../domain/image/manifest.ts';
import type {BlobObserver} from '../../../engine/ports/registry.ts';
import {createYoungCollector} from '../collect-young.ts';
import {consume, discard, type RegistryResponse} from '../response.ts';
import type {BlobReading} from './blob-reading.ts';
import {judgeSize} from './blob-size.ts';

/** `existence`: that it is served; `size`: what the headers say; `first-byte`: whether anything comes; `all`: every byte, hashed. */
export type Wants = 'existence' | 'size' | 'first-byte' | 'all';

/**
 * `onBytes`: so many have arrived so far; `onChunk`: each piece, with how many came before it; `onContent`: all of them, where they
 * match the digest.
 */
type BodyObserver = {onBytes: (received: number) => void} & Pick<BlobObserver, 'onChunk' | 'onContent'>;

/**
 * Reads a response with the whole blob as far as `wants` says. The rest is dropped, and its connection with it.
 * @throws OperatorError registry.no-size, where only the headers are wanted and do not say it
 */
export async function readBody(
	response: RegistryResponse,
	{size, digest}: Descriptor,
	wants: Wants,
	{onBytes, onChunk, onContent}: BodyObserver,
): Promise<BlobReading> {
	const {status} = response;
	const header = response.header('content-length');
	const announced = header === undefined ? undefined : Number(header);

	if (announced !== undefined && announced !== size) {
		discard(response);
		return judgeSize(status, announced, size);
	}

	if (wants === 'size' || wants === 'existence') {
		discard(response);
		if (announced === undefined && wants === 'size') {
			throw noSize(response.host);
		}

		return {state: 'present', status, proof: 'size'};
	}

	const hash = createHash(digestAlgorithm(digest));
	const content: Uint8Array[] = [];
	const collectYoung = createYoungCollector();
	let arrived = 0;
	const most = wants === 'first-byte' ? 1 : Number.POSITIVE_INFINITY;
	const {received, isCut} = await receive(response, most, chunk => {
		hash.update(chunk);
		if (onContent !== undefined) {
			content.push(chunk);
		}

		const before = arrived;
		arrived += chunk.length;
		onBytes(arrived);
		collectYoung(chunk.length);
		return onChunk?.(chunk, before);
	});

	if (wants === 'first-byte' && received > 0) {
		return {state: 'present', status, proof: 'size'};
	}

	// A response without a Content-Length ends with its connection, and so may be cut off, too.
	if (isCut || (announced === undefined && received < size)) {
		return {state: 'cut', status, received, isWhole: true};
	}

	if (received !== size) {
		return judgeSize(status, received, size);
	}

	if (hash.digest('hex') !== digestHex(digest)) {
		return {state: 'corrupt', status, detail: 'its bytes do not hash to its digest'};
	}

	onContent?.(Buffer.concat(content));
	return {state: 'present', status, proof: 'hash'};
}

/** Reads a body to its end, to where it is cut off, or until so many bytes have arrived: the rest is dropped. */
export async function receive(
	response: RegistryResponse,
	most: number,
	onChunk: (chunk: Uint8Array) => void | Promise<void> = () => {},
) {
	let received = 0;

	try {
		await consume(response, chunk => {
			received += chunk.length;
			const taken = onChunk(chunk);
			return taken instanceof Promise ? taken.then(() => received < most) : received < most;
		});
		return {received, isCut: false};
	} catch (error) {
		if (error instanceof OperatorError && error.code === 'registry.cut-off') {
			return {received, isCut: true};
		}

		throw error;
	}
}

function noSize(host: string): OperatorError {
	return new OperatorError('registry.no-size', `${host} sends blobs only whole, and does not say how long they are.`, {
		hint: 'Verify with --depth content, which reads every byte.',
		exit: 'indeterminate',
	});
}
