import {type FileSystem, type Upkeep, upkeepFileKinds} from '../../../domain/audit/host/upkeep.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {lookAtUpkeep} from './upkeep-script.ts';

export type UpkeepOptions = Waiting & {
	shell: Shell;
	root: string;
	/** What stands for the host's `/`: a copy of it, or a rehearsal's. Absent: the host itself. */
	hostRoot?: string;
};

const upkeepTimeoutMs = 90_000;
/** As much of one file as the script hands over. */
const mostBytes = 65_536;

/** One look at how the registry is run and cleaned up on its host, in one command that only reads. */
export async function lookAtHost({shell, root, hostRoot = '', signal}: UpkeepOptions): Promise<Upkeep> {
	const input = `${root}\n${hostRoot}\n`;
	const answer = await shell.run({kind: 'read', script: lookAtUpkeep, input, timeoutMs: upkeepTimeoutMs}, {signal});
	return upkeepIn(Buffer.from(answer.stdout).toString());
}

/** Reads the records of the script. What is not there is a gap, never a clean answer. */
export function upkeepIn(text: string): Upkeep {
	const upkeep: Upkeep = {files: [], running: [], gaps: []};
	const records = text.split('\0');
	let ended = false;

	for (const record of records) {
		const newline = record.indexOf('\n');
		const head = newline === -1 ? record : record.slice(0, newline);
		const body = newline === -1 ? '' : record.slice(newline + 1);
		const [word = ''] = head.split(' ');
		const rest = head.slice(word.length + 1);

		if (word === 'file') {
			takeFile(rest, body, upkeep);
		} else if (word === 'container' || word === 'process') {
			takeRunning(word, rest, body, upkeep);
		} else if (word === 'disk' || word === 'inodes') {
			takeFileSystem(word, body, upkeep);
		} else if (word === 'uploads') {
			const [count = 0, kib = 0] = rest.split(' ').map(Number);
			upkeep.staleUploads = {count, kib};
		} else if (word === 'stored') {
			upkeep.holdsRepositories = Number(rest) > 0;
		} else if (word === 'unread') {
			upkeep.gaps.push(`${rest} may not be read by this user`);
		} else if (word === 'gap') {
			upkeep.gaps.push(rest);
		}

		ended ||= record === 'end';
	}

	if (!ended) {
		upkeep.gaps.push('the end of what the host said was not seen');
	}

	upkeep.gaps = [...new Set(upkeep.gaps)];
	return upkeep;
}

function takeFile(rest: string, text: string, {files}: Upkeep): void {
	const [, named, size, path] = /^(\w+) (\d+) (.+)$/.exec(rest) ?? [];
	const kind = upkeepFileKinds.find(each => each === named);
	// A crontab may also be reached as a script: the first way is the right one.
	if (kind !== undefined && !files.some(file => file.path === path)) {
		files.push({kind, path: path!, text, cut: Number(size) > mostBytes});
	}
}

function takeRunning(word: string, rest: string, body: string, {running}: Upkeep): void {
	const [version = '', ...environment] = body.split('\n').map(line => line.trim());
	const [name = '', image] = rest.split(' ');
	running.push({
		name: word === 'process' ? `process ${name}` : `container ${name}`,
		...(image === undefined ? {} : {image}),
		...(version === '' ? {} : {version}),
		environment: environment.filter(line => line !== ''),
	});
}

/** @see POSIX df -P: name, size, used, free, share, mount point, with spaces in it perhaps */
function takeFileSystem(word: 'disk' | 'inodes', body: string, upkeep: Upkeep): void {
	const line = body.trim().replace(/\s+/g, ' ');
	const [, size, free, mountedOn] = /^.+? (\d+) -?\d+ (-?\d+) \S+ (\/.*)$/.exec(line) ?? [];
	if (mountedOn !== undefined) {
		const found: FileSystem = {mountedOn, size: Number(size), free: Number(free), line};
		upkeep[word] = found;
	}
}
