import type {ObstacleKind} from '../../../domain/storage/listing/obstacles.ts';

/**
 * How a host lists files: as `find -printf` does, as stat does, or as ls does. The script tries each rather than guess
 * from a program's name. Sets `form` (empty: none works) and `now`, the host's time in seconds since 1970.
 */
export const chooseForm = `form=
case $(find . -maxdepth 0 -printf '%y %D %T@ %d %f' 2>/dev/null) in
'd '[0-9]*' '[0-9]*' 0 .') form=names ;;
*)
	case $(stat -c '%f/%d/%s/%Y' . 2>/dev/null) in
	*[!0-9a-f/]*) ;;
	*/*/*/*) form=stat ;;
	esac
	;;
esac
TZ=UTC0; export TZ
if [ -z "$form" ]; then
	case $(find . -prune -exec ls -dln {} + 2>/dev/null) in d*' .') form=ls ;; esac
fi
now=$(date +%s.%N 2>/dev/null)
case $now in *[!0-9.]*|*.|'') now=$(date +%s 2>/dev/null) ;; esac
case $now in *[!0-9.]*|'') now=$(awk 'BEGIN {srand(); print srand()}') ;; esac
`;

/** A letter of find's %y: file, directory, link, pipe, socket, block or character device. */
type EntryType = string;

const obstacleKinds: Record<EntryType, ObstacleKind> = {d: 'folder', f: 'file', p: 'pipe', s: 'socket'};

export function obstacleKindOf(type: EntryType): ObstacleKind {
	return obstacleKinds[type] ?? 'device';
}

/** An entry of the form `names`. */
export type NamedEntry = {
	type: EntryType;
	/** Bytes of a file; the device of a folder. */
	number: number;
	/** Seconds since 1970. */
	changed: number;
	depth: number;
	name: string;
};

/** An entry of the forms `stat` and `ls`, which print whole paths. */
type LocatedEntry = {
	type: EntryType;
	/** Bytes. */
	size: number;
	/** Undefined: the host does not tell. */
	device: number | undefined;
	/** Seconds since 1970. */
	changed: number;
	/** Empty: the root itself. */
	path: string;
};

/** Receives entries as they are read. Names are bytes, one character for each, so that none is lost. */
export type Entries = {
	named(entry: NamedEntry): void;
	located(entry: LocatedEntry): void;
	/** A name that no registry writes. */
	leftOut(): void;
	/** A line that is no entry: nothing that follows can be trusted either. */
	malformed(): void;
};

/** @param text `type number changed depth name` */
export function readNamed(text: string, entries: Entries): void {
	const number = text.indexOf(' ', 2);
	const changed = text.indexOf(' ', number + 1);
	const depth = text.indexOf(' ', changed + 1);
	const isWhole = text[1] === ' ' && number > 2 && changed > number && depth > changed;
	// This runs a million times for a large store, so it avoids creating strings.
	const amount = isWhole ? wholeNumber(text, 2, number) : Number.NaN;
	const level = isWhole ? wholeNumber(text, changed + 1, depth) : Number.NaN;
	const time = isWhole ? Number(text.slice(number + 1, changed)) : Number.NaN;

	if (Number.isNaN(amount + level + time)) {
		entries.malformed();
	} else {
		entries.named({type: text[0]!, number: amount, changed: time, depth: level, name: text.slice(depth + 1)});
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
const types: Record<string, EntryType> = {'1': 'p', '2': 'c', '4': 'd', '6': 'b', '8': 'f', a: 'l', c: 's'};

/** @see inode(7): the file type is the highest of st_mode's four hexadecimal digits */
export function readStatLine(line: string, entries: Entries): void {
	const [, mode = '', device, size, changed, path = ''] = statLine.exec(line) ?? [];
	if (mode === '') {
		readOther(line, entries);
	} else {
		entries.located({
			type: types[mode.slice(0, -3)] ?? 'o',
			size: Number(size),
			device: Number(device),
			changed: Number(changed),
			path,
		});
	}
}

const lsLine = /^(\S)\S+ +\d+ +\S+ +\S+ +(\d+|\d+, +\d+) ([A-Z][a-z]{2}) +(\d+) +([\d:]+) \.(?:\/([A-Za-z0-9._/-]+))?$/;

/** @see POSIX ls, "The long format": in the C locale and in UTC. @param now seconds since 1970 when the listing began */
export function readLsLine(line: string, now: number, entries: Entries): void {
	const [, type = '', size, month = '', day, clock = '', path = ''] = lsLine.exec(line) ?? [];
	const [, symbolic] = /^l \.\/([A-Za-z0-9._/-]+)$/.exec(line) ?? [];

	if (symbolic !== undefined) {
		entries.located({type: 'l', size: 0, device: undefined, changed: 0, path: symbolic});
	} else if (type === '') {
		readOther(line, entries);
	} else {
		const changed = latestTime({month, day: Number(day), clock}, now);
		entries.located({type: type === '-' ? 'f' : type, size: Number(size), device: undefined, changed, path});
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
const daySeconds = 86_400;

/**
 * The end of the minute or of the day that ls prints: the file cannot have changed later. A time without a year is
 * within the last twelve months.
 */
function latestTime({month, day, clock}: {month: string; day: number; clock: string}, now: number): number {
	if (!clock.includes(':')) {
		return Date.UTC(Number(clock), months.indexOf(month), day + 1) / 1000;
	}

	const [hours, minutes] = clock.split(':').map(Number);
	const year = new Date(now * 1000).getUTCFullYear();
	const inYear = (of: number) => Date.UTC(of, months.indexOf(month), day, hours, minutes! + 1) / 1000;
	return inYear(year) > now + daySeconds ? inYear(year - 1) : inYear(year);
}
