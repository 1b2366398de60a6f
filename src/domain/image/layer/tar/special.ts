import {TarFault} from './fault.ts';
import {type Header, tarTypes} from './header.ts';
import {parseRecords, type Records} from './records.ts';

/** pax records, long names and maps of holes may not be longer. Bytes. @see go.dev/src/archive/tar/format.go, maxSpecialFileSize */
export const longestSpecial = 1 << 20;

const {records, globalRecords, longName, longLink} = tarTypes;
const types: string[] = [records, globalRecords, longName, longLink];

/** Whether it is no file, but tells of the next one, or of all. @throws TarFault it is too long */
export function isSpecial({type, size}: Header): boolean {
	if (!types.includes(type)) {
		return false;
	}

	if (size < 0 || size > longestSpecial) {
		throw new TarFault('has a name or pax records of more than 1 MiB');
	}

	return true;
}

/** What it tells. @throws TarFault */
export function readSpecial(
	{type}: Header,
	text: string,
): {longName: string} | {longLink: string} | {records: Records} | {globalRecords: Records} {
	if (type === longName || type === longLink) {
		const name = text.split('\0', 1)[0]!;
		return type === longName ? {longName: name} : {longLink: name};
	}

	const told = parseRecords(text);
	if (told === undefined) {
		throw new TarFault('has pax records that are not valid');
	}

	return type === records ? {records: told} : {globalRecords: told};
}
