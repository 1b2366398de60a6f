export type ByteRange =
	| {kind: 'whole'}
	| {kind: 'part'; start: number; length: number}
	| {kind: 'unsatisfiable'; reason: string; hasTotal: boolean};

/**
 * One range, read as Go's net/http reads it: of an empty file `-1` is a part of no bytes, `0-0` is out of reach.
 * Several ranges in one header are answered with the whole.
 */
export function parseByteRange(header: string | undefined, size: number): ByteRange {
	if (header === undefined || header.includes(',')) {
		return {kind: 'whole'};
	}

	const [, first, last] = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/.exec(header) ?? [];
	if (first === undefined || last === undefined || (first === '' && last === '')) {
		return {kind: 'unsatisfiable', reason: 'invalid range', hasTotal: false};
	}

	if (first === '') {
		const length = Math.min(Number(last), size);
		return {kind: 'part', start: size - length, length};
	}

	const start = Number(first);
	if (start >= size) {
		return {kind: 'unsatisfiable', reason: 'invalid range: failed to overlap', hasTotal: true};
	}

	if (last === '') {
		return {kind: 'part', start, length: size - start};
	}

	if (Number(last) < start) {
		return {kind: 'unsatisfiable', reason: 'invalid range', hasTotal: false};
	}

	return {kind: 'part', start, length: Math.min(Number(last), size - 1) - start + 1};
}
