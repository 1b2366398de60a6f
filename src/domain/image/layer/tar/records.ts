import {parseDecimal} from './number.ts';

/** pax records by their key, as byte texts. */
export type Records = ReadonlyMap<string, string>;

const sparseOffset = 'GNU.sparse.offset';
const sparseLength = 'GNU.sparse.numbytes';
/** The fields of a header that are strings there, and so end at a NUL. */
const strings = ['path', 'linkpath', 'uname', 'gname'];

/**
 * The map of a sparse file of format 0.0, whose keys come more than once, becomes one of format 0.1.
 * @returns undefined: they are not valid
 * @see go.dev/src/archive/tar/reader.go, parsePAX; strconv.go, parsePAXRecord
 */
export function parseRecords(text: string): Records | undefined {
	const records = new Map<string, string>();
	const sparseMap: string[] = [];

	for (let at = 0; at < text.length; ) {
		const record = parseRecord(text, at);
		if (record === undefined) {
			return undefined;
		}

		const {key, value} = record;
		at = record.end;
		if (key !== sparseOffset && key !== sparseLength) {
			records.set(key, value);
		} else if (key !== (sparseMap.length % 2 === 0 ? sparseOffset : sparseLength) || value.includes(',')) {
			return undefined;
		} else {
			sparseMap.push(value);
		}
	}

	if (sparseMap.length > 0) {
		records.set('GNU.sparse.map', sparseMap.join(','));
	}

	return records;
}

/** `LENGTH KEY=VALUE\n`, where the length is of the whole record, in bytes. */
function parseRecord(text: string, start: number) {
	const blank = text.indexOf(' ', start);
	const length = blank === -1 ? undefined : parseDecimal(text.slice(start, blank));
	if (length === undefined || length < 5 || length > text.length - start || start + length <= blank + 1) {
		return undefined;
	}

	const end = start + length;
	const [, key, value] = /^([^=]+)=(.*)$/s.exec(text.slice(blank + 1, end - 1)) ?? [];
	if (key === undefined || value === undefined || text[end - 1] !== '\n') {
		return undefined;
	}

	return (strings.includes(key) ? value : key).includes('\0') ? undefined : {key, value, end};
}

const numbers = ['uid', 'gid', 'size'];
const times = ['atime', 'mtime', 'ctime'];

/** @see go.dev/src/archive/tar/reader.go, mergePAX: an empty value keeps the header's */
export function areNumbersRight(records: Records): boolean {
	return (
		numbers.every(key => !records.get(key) || parseDecimal(records.get(key)!) !== undefined) &&
		times.every(key => !records.get(key) || isTime(records.get(key)!))
	);
}

function isTime(text: string): boolean {
	const [seconds = '', ...fraction] = text.split('.');
	return parseDecimal(seconds) !== undefined && /^\d*$/.test(fraction.join('.'));
}
