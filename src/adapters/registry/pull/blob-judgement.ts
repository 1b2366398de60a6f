import type {BlobAnswer} from '../../../engine/ports/registry.ts';

/** `cut`: the answer began and did not arrive whole; ask again before it is called anything. */
export type Look = BlobAnswer | {state: 'cut'; status: number; received: number};

/** What the headers of a ranged answer settle, or which bytes must now come, or that the range was not understood. */
export type RangeJudgement =
	| Exclude<BlobAnswer, {state: 'missing' | 'corrupt'}>
	| {state: 'promised'; bytes: number}
	| {state: 'unclear'};

/**
 * Judges the answer to `Range: bytes=-1`, which asks for the last byte.
 * distribution 2.8 gives the size on disk as the total when nothing is remembered (`bytes 0--1/0` for an emptied blob), and
 * the remembered size otherwise; then the promised byte does not come.
 * @param size bytes, from the descriptor
 */
export function judgeRange(status: 206 | 416, contentRange: string | undefined, size: number): RangeJudgement {
	const range = /^\s*bytes\s+(?:(-?\d+)-(-?\d+)|\*)\/(\d+)\s*$/i.exec(contentRange ?? '');

	if (range === null) {
		// RFC 9110 lets a 416 go without a Content-Range; a last byte can only be missing where there is none.
		return status === 416 ? judgeSize(status, 0, size) : {state: 'unclear'};
	}

	const [first, last, total] = [Number(range[1]), Number(range[2]), Number(range[3])];

	if (total !== size || total === 0) {
		return judgeSize(status, total, size);
	}

	return status === 206 && last === total - 1 && first <= last
		? {state: 'promised', bytes: last - first + 1}
		: {state: 'unclear'};
}

/** Judges how long a blob is. @param size bytes, from the descriptor */
export function judgeSize(
	status: number,
	length: number,
	size: number,
): Exclude<BlobAnswer, {state: 'missing' | 'corrupt'}> {
	if (length === size) {
		return {state: 'present', status};
	}

	return length === 0
		? {state: 'empty', status, detail: `it is empty instead of ${bytes(size)}`}
		: {state: 'truncated', status, detail: `it has ${bytes(length)} instead of ${bytes(size)}`};
}

/** Judges a blob whose data the registry promises and then does not deliver, again and again. */
export function judgeCut(status: number, received: number, size: number): BlobAnswer {
	return received === 0
		? {state: 'empty', status, detail: `the registry promises ${bytes(size)} and delivers none`}
		: {state: 'truncated', status, detail: `the registry promises ${bytes(size)} and cuts them off`};
}

function bytes(count: number): string {
	return count === 1 ? '1 byte' : `${count} bytes`;
}
