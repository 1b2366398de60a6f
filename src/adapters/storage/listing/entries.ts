/** `f`, `d`, `l`, or something else, as find's %y says it. */
export type EntryType = string;

/** Where entries are put as they are read. Names are bytes: one character for each, so that none is lost. */
export type Entries = {
	/** From the form `names`: @param number bytes of a file, device of a folder */
	named(type: EntryType, number: number, changed: number, depth: number, name: string): void;
	/** From the forms that know whole paths. @param device undefined where the host does not tell */
	located(type: EntryType, size: number, device: number | undefined, changed: number, path: string): void;
	leftOut(): void;
	/** What is no entry at all: then nothing of the rest can be trusted either. */
	malformed(): void;
};

/** @param text `type number changed depth name` */
export function readNamed(text: string, entries: Entries): void {
	const number = text.indexOf(' ', 2);
	const changed = text.indexOf(' ', number + 1);
	const depth = text.indexOf(' ', changed + 1);
	const isWhole = text[1] === ' ' && number > 2 && changed > number && depth > changed;
	// A million times over: what need not be made is not made.
	const amount = isWhole ? wholeNumber(text, 2, number) : Number.NaN;
	const level = isWhole ? wholeNumber(text, changed + 1, depth) : Number.NaN;
	const time = isWhole ? Number(text.slice(number + 1, changed)) : Number.NaN;

	if (Number.isNaN(amount + level + time)) {
		entries.malformed();
	} else {
		entries.named(text[0]!, amount, time, level, text.slice(depth + 1));
	}
}

function wholeNumber(text: string, start: number, end: number): number {
	let value = start === end ? Number.NaN : 0;
	for (let at = start; at < end; at++) {
		const digit = text.charCodeAt(at) - 0x30;
		value = digit >= 0 && digit <= 9 ? value * 10 + digit : Number.NaN;
	}

	return value;
}

const statLine = /^([0-9a-f]+) (\d+) (\d+) (-?\d+) \.(?:\/([A-Za-z0-9._/-]+))?$/;
const types: Record<string, EntryType> = {'4': 'd', '8': 'f', a: 'l'};

/** @see inode(7): the file type stands in the highest hexadecimal digit of st_mode's four */
export function readStatLine(line: string, entries: Entries): void {
	const [, mode = '', device, size, changed, path = ''] = statLine.exec(line) ?? [];
	if (mode === '') {
		readOther(line, entries);
	} else {
		entries.located(types[mode.slice(0, -3)] ?? 'o', Number(size), Number(device), Number(changed), path);
	}
}

const lsLine = /^(\S)\S+ +\d+ +\S+ +\S+ +(\d+|\d+, +\d+) ([A-Z][a-z]{2}) +(\d+) +([\d:]+) \.(?:\/([A-Za-z0-9._/-]+))?$/;

/** @see POSIX ls, "The long format": in the C locale and in UTC. @param taken seconds since 1970 when the pass began */
export function readLsLine(line: string, taken: number, entries: Entries): void {
	const [, type = '', size, month = '', day, clock = '', path = ''] = lsLine.exec(line) ?? [];
	const [, symbolic] = /^l \.\/([A-Za-z0-9._/-]+)$/.exec(line) ?? [];

	if (symbolic !== undefined) {
		entries.located('l', 0, undefined, 0, symbolic);
	} else if (type === '') {
		readOther(line, entries);
	} else {
		const changed = latestTime(month, Number(day), clock, taken);
		entries.located(type === '-' ? 'f' : type, Number(size), undefined, changed, path);
	}
}

function readOther(line: string, entries: Entries): void {
	if (line === 'out') {
		entries.leftOut();
	} else if (line !== '') {
		entries.malformed();
	}
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The end of the minute or of the day that ls names: no later can it have been. A time without a year is of the last one. */
function latestTime(month: string, day: number, clock: string, taken: number): number {
	if (!clock.includes(':')) {
		return Date.UTC(Number(clock), months.indexOf(month), day + 1) / 1000;
	}

	const [hours, minutes] = clock.split(':').map(Number);
	const year = new Date(taken * 1000).getUTCFullYear();
	const inYear = (of: number) => Date.UTC(of, months.indexOf(month), day, hours, minutes! + 1) / 1000;
	const aDay = 86_400;
	return inYear(year) > taken + aDay ? inYear(year - 1) : inYear(year);
}
