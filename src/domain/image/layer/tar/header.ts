import {parseNumeric, parseOctal} from './number.ts';
import {fieldText} from './text.ts';

/** The type flags of a header. @see go.dev/src/archive/tar/common.go */
export const tarTypes = {
	file: '0',
	fileOfV7: '\0',
	hardLink: '1',
	symbolicLink: '2',
	characterDevice: '3',
	blockDevice: '4',
	folder: '5',
	pipe: '6',
	/** With a map of its own, which only matters to those that unpack it. */
	sparseOfGnu: 'S',
	records: 'x',
	globalRecords: 'g',
	longName: 'L',
	longLink: 'K',
} as const;

/** One block, as it stands: pax records and long names before it may replace its fields. Names are byte texts. */
export type Header = {type: string; name: string; link: string; size: number};

/** `isOfTar`: it says that it is a header, or its checksum does. */
type ParsedHeader = Header | {fault: 'checksum' | 'number'; isOfTar: boolean};

export const blockSize = 512;

const checksumStart = 148;
const checksumEnd = 156;
/** mode, user, group, time of change */
const numbersOfAll: [number, number][] = [
	[100, 8],
	[108, 8],
	[116, 8],
	[136, 12],
];
const deviceNumbers: [number, number][] = [
	[329, 8],
	[337, 8],
];
/** Times of access and of the last change of status, in the formats that have them. */
const timesOfStar: [number, number][] = [
	[476, 12],
	[488, 12],
];
const timesOfGnu: [number, number][] = [
	[345, 12],
	[357, 12],
];

/** @see go.dev/src/archive/tar/reader.go, readHeader; format.go, getFormat */
export function parseHeader(block: Uint8Array): ParsedHeader {
	if (!isChecksumRight(block)) {
		return {fault: 'checksum', isOfTar: formatOf(block) !== 'v7'};
	}

	const size = parseNumeric(block, 124, 12);
	const isNumber = ([start, length]: [number, number]) => parseNumeric(block, start, length) !== undefined;
	const format = formatOf(block);
	const areNumbers =
		numbersOfAll.every(isNumber) &&
		(format === 'v7' || deviceNumbers.every(isNumber)) &&
		(format !== 'star' || timesOfStar.every(isNumber));
	if (size === undefined || !areNumbers) {
		return {fault: 'number', isOfTar: true};
	}

	const prefix = prefixOf(block, format);
	const name = fieldText(block, 0, 100);
	return {
		type: String.fromCharCode(block[156]!),
		name: prefix === '' ? name : `${prefix}/${name}`,
		link: fieldText(block, 157, 100),
		size,
	};
}

/** POSIX adds up unsigned bytes; Sun's tar took signed ones. Blanks stand for the checksum itself. */
function isChecksumRight(block: Uint8Array): boolean {
	let unsigned = 0;
	let high = 0;
	for (let at = 0; at < blockSize; at++) {
		const byte = at >= checksumStart && at < checksumEnd ? 0x20 : block[at]!;
		unsigned += byte;
		high += byte >> 7;
	}

	const written = parseOctal(block, checksumStart, checksumEnd - checksumStart);
	return written === unsigned || written === unsigned - 256 * high;
}

type Format = 'v7' | 'ustar' | 'star' | 'gnu';

function formatOf(block: Uint8Array): Format {
	const magic = String.fromCharCode(...block.subarray(257, 265));
	if (magic.startsWith('ustar\0')) {
		return String.fromCharCode(...block.subarray(508, 512)) === 'tar\0' ? 'star' : 'ustar';
	}

	return magic === 'ustar  \0' ? 'gnu' : 'v7';
}

/** Go before 1.8 wrote a prefix into GNU headers, over the times: what is no time, and ASCII, is taken for one. */
function prefixOf(block: Uint8Array, format: Format): string {
	if (format === 'ustar' || format === 'star') {
		return fieldText(block, 345, format === 'star' ? 131 : 155);
	}

	const areTimes = timesOfGnu.every(
		([start, length]) => block[start] === 0 || parseNumeric(block, start, length) !== undefined,
	);
	if (format === 'v7' || areTimes) {
		return '';
	}

	const prefix = fieldText(block, 345, 155);
	return /^[\x01-\x7f]*$/.test(prefix) ? prefix : '';
}
