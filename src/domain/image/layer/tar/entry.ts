import {partsOf, whiteoutIn} from '../tree/paths.ts';
import {TarFault} from './fault.ts';
import {type Header, tarTypes} from './header.ts';
import {parseDecimal} from './number.ts';
import {areNumbersRight, type Records} from './records.ts';
import {isSparseMapRight, type SparseMap, sparseData, sparseFormat, sparseMapIn} from './sparse.ts';

/** A file of the archive, with its long name and its records applied. Names are byte texts. */
export type TarEntry = {type: string; name: string; link: string};

/** What came before a header and belongs to its entry. */
export type Before = {records?: Records; longName?: string; longLink?: string};

/** Of a file, in bytes: in the archive, and with its holes. */
export type Sizes = {physical: number; logical: number};

const {hardLink, symbolicLink, characterDevice, blockDevice, folder, pipe} = tarTypes;
const typesWithoutData: string[] = [hardLink, symbolicLink, characterDevice, blockDevice, folder, pipe];
const unpackedTypes = [tarTypes.file, tarTypes.globalRecords, ...typesWithoutData];

export function isWithoutData(type: string): boolean {
	return typesWithoutData.includes(type);
}

/**
 * `mapBefore`: the file begins with the map of its holes.
 * @throws TarFault
 * @see go.dev/src/archive/tar/reader.go, next
 */
export function entryFrom(
	header: Header,
	{records = new Map(), longName, longLink}: Before,
): {entry: TarEntry; sizes: Sizes; mapBefore: boolean} {
	if (!areNumbersRight(records)) {
		throw new TarFault('has pax records with something that is no number');
	}

	const name = longName || records.get('path') || header.name;
	const link = longLink || records.get('linkpath') || header.link;
	const type = header.type === tarTypes.fileOfV7 ? (name.endsWith('/') ? folder : tarTypes.file) : header.type;
	const size = parseDecimal(records.get('size') ?? '') ?? header.size;
	const physical = isWithoutData(type) ? 0 : size;
	if (physical < 0) {
		throw new TarFault('has a negative size');
	}

	const format = sparseFormat(records);
	if (format === undefined) {
		return {entry: {type, name, link}, sizes: {physical, logical: size}, mapBefore: false};
	}

	const entry = {type, name: records.get('GNU.sparse.name') || name, link};
	const written = records.get('GNU.sparse.size') || records.get('GNU.sparse.realsize');
	const logical = written ? parseDecimal(written) : size;
	if (isWithoutData(type) || logical === undefined) {
		throw notSparse();
	}

	const sizes = {physical, logical};
	if (format === '0.1') {
		checkMap(entry, sparseMapIn(records), sizes);
	}

	return {entry, sizes, mapBefore: format === '1.0'};
}

/** @param sizes `physical` without the map itself @throws TarFault */
export function checkMap(entry: TarEntry, map: SparseMap | undefined, {physical, logical}: Sizes): void {
	const isRight = map !== undefined && isSparseMapRight(map, logical);
	if (!isRight || (isMade(entry) && sparseData(map) !== physical)) {
		throw notSparse();
	}
}

export function notSparse(): TarFault {
	return new TarFault('is not a valid sparse file');
}

/** containerd makes only some types, and docker the same. @see containerd archive/tar.go, createTarFile */
export function isUnpackable(entry: TarEntry): boolean {
	return unpackedTypes.includes(entry.type) || (entry.type !== tarTypes.sparseOfGnu && !isMade(entry));
}

/** Whiteouts and the root itself are not made, whatever their type. */
export function isMade({name}: TarEntry): boolean {
	const base = partsOf(name).at(-1);
	return base !== undefined && whiteoutIn(base) === undefined;
}
