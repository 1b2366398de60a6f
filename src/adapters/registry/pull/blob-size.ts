import type {Reason} from '../../../domain/error-codes.ts';
import type {BlobAnswer} from '../../../engine/ports/registry.ts';

/** The size is right, or it is not. */
type SizeFinding = {state: 'present'; status: number; proof: 'size'} | SizeFault;
type SizeFault = BlobAnswer & {state: 'empty' | 'truncated'};

/** What the headers of a ranged response settle; or the bytes that must now arrive; or that the range was not understood. */
type RangeJudgement = SizeFinding | {state: 'promised'; bytes: number} | {state: 'unclear'};

/**
 * Judges the response (206 or 416) to a range that is the last byte: `bytes=-1`, or `bytes=N-N` by the descriptor's size.
 * distribution 2.8 gives the size on disk as the total while nothing is cached (`bytes 0--1/0` for an emptied blob), and the
 * cached size otherwise; then the promised byte does not arrive.
 * @param size bytes, from the descriptor
 */
export function judgeRange(status: number, contentRange: string | undefined, size: number): RangeJudgement {
	const range = /^\s*bytes\s+(?:(-?\d+)-(-?\d+)|\*)\/(\d+)\s*$/i.exec(contentRange ?? '');

	// A 416 without a Content-Range may mean an empty blob, or a server that does not know this form of a range.
	if (range === null) {
		return {state: 'unclear'};
	}

	const [first, last, total] = [Number(range[1]), Number(range[2]), Number(range[3])];

	if (total !== size || total === 0) {
		return judgeSize(status, total, size);
	}

	return status === 206 && last === total - 1 && first <= last
		? {state: 'promised', bytes: last - first + 1}
		: {state: 'unclear'};
}

/** @param length bytes that the registry has @param size bytes, from the descriptor */
export function judgeSize(status: number, length: number, size: number): SizeFinding {
	if (length === size) {
		return {state: 'present', status, proof: 'size'};
	}

	return length === 0
		? {state: 'empty', status, length, detail: `it is empty instead of ${bytes(size)}`}
		: {state: 'truncated', status, length, detail: `it has ${bytes(length)} instead of ${bytes(size)}`};
}

/**
 * Judges a blob whose data the registry promised and did not deliver, each time. Its data may be gone or shorter than the
 * registry remembers, or its storage fails: only the disk tells.
 */
export function judgeCut(
	host: string,
	status: number,
	received: number,
	size: number,
): BlobAnswer & {state: 'unserved'} {
	const detail =
		received === 0
			? `the registry promises ${bytes(size)} and delivers none`
			: `the registry promises ${bytes(size)} and cuts them off`;
	const failure: Reason = {
		code: 'registry.cut-off',
		message: `${host} promises a blob’s bytes and does not deliver them.`,
		hint: 'Check the storage of the registry: `regmedic scan` reads it itself.',
	};
	return {state: 'unserved', status, detail, failure};
}

/** What is said of whole data whose descriptor is wrong. */
export function judgeMissized(status: number, length: number, size: number): BlobAnswer & {state: 'missized'} {
	return {state: 'missized', status, detail: `it is whole and has ${bytes(length)}, the manifest says ${bytes(size)}`};
}

function bytes(count: number): string {
	return count === 1 ? '1 byte' : `${count} bytes`;
}
