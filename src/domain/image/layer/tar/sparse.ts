import {parseDecimal} from './number.ts';
import type {Records} from './records.ts';

/** Where the data of a sparse file lies in it: offsets and lengths in turn, in bytes. */
export type SparseMap = number[];

/**
 * Which of GNU's sparse formats in pax records a file has; `1.0`: the map stands before its data.
 * @see go.dev/src/archive/tar/reader.go, readGNUSparsePAXHeaders
 */
export function sparseFormat(records: Records): '1.0' | '0.1' | undefined {
	const major = records.get('GNU.sparse.major') ?? '';
	const minor = records.get('GNU.sparse.minor') ?? '';
	if (major === '0' && (minor === '0' || minor === '1')) {
		return '0.1';
	}

	if (major === '1' && minor === '0') {
		return '1.0';
	}

	return major === '' && minor === '' && records.get('GNU.sparse.map') ? '0.1' : undefined;
}

/** @returns undefined: it is not valid */
export function sparseMapIn(records: Records): SparseMap | undefined {
	const entries = parseDecimal(records.get('GNU.sparse.numblocks') ?? '');
	const written = records.get('GNU.sparse.map') ?? '';
	const map = written === '' ? [] : written.split(',').map(parseDecimal);
	return entries !== undefined && map.length === 2 * entries ? whole(map) : undefined;
}

/** Reads the map of format 1.0 from the first blocks of a file: a count, then offsets and lengths, each on a line. */
export function createSparseMapReader() {
	const lines: string[] = [];
	let rest = '';
	let length = 0;

	return {
		/** Of the blocks so far, in bytes. */
		length: () => length,

		/** @returns undefined: more blocks are needed; a map of undefined: it is not valid */
		add(block: string): {map: SparseMap | undefined} | undefined {
			const parts = (rest + block).split('\n');
			rest = parts.pop()!;
			lines.push(...parts);
			length += block.length;
			if (lines.length === 0) {
				return undefined;
			}

			const entries = parseDecimal(lines[0]!);
			if (entries === undefined || entries < 0) {
				return {map: undefined};
			}

			const needed = 2 * entries + 1;
			return lines.length < needed ? undefined : {map: whole(lines.slice(1, needed).map(parseDecimal))};
		},
	};
}

/** In order, without overlaps, and inside the file. @param size of the file with its holes */
export function isSparseMapRight(map: SparseMap, size: number): boolean {
	let end = 0;
	for (let at = 0; at < map.length; at += 2) {
		const [offset, length] = [map[at]!, map[at + 1]!];
		if (offset < end || length < 0 || offset + length > size) {
			return false;
		}

		end = offset + length;
	}

	return size >= 0;
}

/** How many bytes of data the archive must hold for it. */
export function sparseData(map: SparseMap): number {
	return map.reduce((sum, value, at) => (at % 2 === 1 ? sum + value : sum), 0);
}

function whole(map: (number | undefined)[]): SparseMap | undefined {
	return map.every(value => value !== undefined) ? map : undefined;
}
