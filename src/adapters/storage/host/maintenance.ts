import {posix} from 'node:path';
import {
	type FileSystem,
	type Maintenance,
	type MaintenanceFile,
	maintenanceFileKinds,
	type RunningRegistry,
} from '../../../domain/audit/maintenance.ts';
import {defined} from '../../../domain/defined.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {mostBytesOfFile, printMaintenance} from './maintenance-script.ts';
import {printStoreAlone} from './print-store.ts';

type MaintenanceOptions = Waiting & {
	shell: Shell;
	/** For what is about the host, where the store is read in a container. */
	host: Shell;
	root: string;
	/** A folder that plays the host's `/`: a copy of it, or a drill's. Absent: the host itself. */
	hostRoot?: string;
};

const maintenanceTimeoutMs = 90_000;

/** Reads how the host runs the registry and cleans it up, in one command that only reads. */
export async function readMaintenance({
	shell,
	host,
	root,
	hostRoot = '',
	signal,
}: MaintenanceOptions): Promise<Maintenance> {
	const input = `${root}\n${hostRoot}\n`;
	const request = {kind: 'read', script: printMaintenance, input, timeoutMs: maintenanceTimeoutMs} as const;
	const {stdout} = await host.run(request, {signal});
	const store = root.startsWith(`${hostRoot}/`) ? root.slice(hostRoot.length) : root;
	const found = {...maintenanceIn(Buffer.from(stdout).toString()), root: store};
	return shell === host ? found : {...found, ...(await storeAlone(found, {shell, root, signal}))};
}

/** What the host's own login could not see of the store. */
async function storeAlone(
	{gaps}: Maintenance,
	{shell, root, signal}: Waiting & {shell: Shell; root: string},
): Promise<Partial<Maintenance>> {
	const request = {kind: 'read', script: printStoreAlone, input: `${root}\n`, timeoutMs: maintenanceTimeoutMs} as const;
	const {files, running, ...store} = maintenanceIn(Buffer.from((await shell.run(request, {signal})).stdout).toString());
	return {...store, gaps: [...gaps.filter(gap => !gap.startsWith('the storage folder: ')), ...store.gaps]};
}

/** Reads the records that the script prints. Whatever could not be read, or was cut, is a gap. */
export function maintenanceIn(output: string): Maintenance {
	const maintenance: Maintenance = {files: [], running: [], gaps: []};
	const {files, running, gaps} = maintenance;
	let hasEnd = false;

	for (const record of output.split('\0')) {
		const newline = record.indexOf('\n');
		const head = newline === -1 ? record : record.slice(0, newline);
		const body = newline === -1 ? '' : record.slice(newline + 1);
		const [word = ''] = head.split(' ');
		const rest = head.slice(word.length + 1);

		switch (word) {
			case 'file':
				takeFile(rest, body, files);
				break;
			case 'container':
			case 'process':
				running.push(registryIn(word, rest, body));
				break;
			case 'disk':
			case 'inodes': {
				const fileSystem = fileSystemIn(body);
				if (fileSystem !== undefined) {
					maintenance[word] = fileSystem;
				}

				break;
			}
			case 'uploads': {
				const [count = 0, kib = 0] = rest.split(' ').map(Number);
				maintenance.staleUploads = {count, kib};
				break;
			}
			case 'stored':
				maintenance.holdsRepositories = Number(rest) > 0;
				break;
			case 'unread':
				gaps.push(`this user may not read ${rest}`);
				break;
			case 'gap':
				gaps.push(rest);
				break;
			case 'end':
				hasEnd ||= record === 'end';
				break;
			default:
		}
	}

	if (!hasEnd) {
		gaps.push('the output of the host ended before its last line');
	}

	return {...maintenance, gaps: [...new Set(gaps)]};
}

function takeFile(rest: string, text: string, files: MaintenanceFile[]): void {
	const [, word, size, name = ''] = /^(\w+) (\d+) (.+)$/.exec(rest) ?? [];
	const path = name.startsWith('/') ? posix.normalize(name) : name;
	const kind = maintenanceFileKinds.find(each => each === word);
	// A crontab may start another crontab as a script. The first record of a path has the right kind.
	if (kind !== undefined && !files.some(file => file.path === path)) {
		const cut = Number(size) > mostBytesOfFile;
		// The mark of a cut: half a secret before it is found by the redaction.
		files.push({kind, path, text: cut ? `${text}…` : text, cut});
	}
}

function registryIn(word: 'container' | 'process', rest: string, body: string): RunningRegistry {
	const [version = '', ...lines] = body.split('\n').map(line => line.trim());
	const [name = '', image] = rest.split(' ');
	const of = (key: string) => lines.flatMap(line => (line.startsWith(`${key} `) ? [line.slice(key.length + 1)] : []));
	const [names, mounts] = [of('name').filter(each => /^[\w.-]+$/.test(each)), of('mount')];
	return {
		name: `${word} ${name}`,
		...defined({
			image,
			version: version === '' ? undefined : version,
			names: names.length === 0 ? undefined : names,
			mounts: mounts.length === 0 ? undefined : mounts,
			configuration: of('configuration')[0],
			started: of('started').map(startIn)[0],
		}),
		environment: lines.filter(line => line.startsWith('REGISTRY_')),
	};
}

/** Seconds since 1970, as the script prints them for a process; a date, as an engine prints it for a container. */
function startIn(text: string): number | undefined {
	const seconds = /^\d+$/.test(text) ? Number(text) : Date.parse(text) / 1000;
	return seconds > 0 ? seconds : undefined;
}

/** @see POSIX df -P: name, size, used, free, capacity, mount point, which may hold spaces */
function fileSystemIn(body: string): FileSystem | undefined {
	const line = body.trim().replace(/\s+/g, ' ');
	const [, size, free, mountedOn] = /^.+? (\d+) -?\d+ (-?\d+) \S+ (\/.*)$/.exec(line) ?? [];
	return mountedOn === undefined ? undefined : {mountedOn, size: Number(size), free: Number(free), line};
}
