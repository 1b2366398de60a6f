import {randomBytes} from 'node:crypto';
import {defined} from '../../../domain/defined.ts';
import type {HostNow, HostProcess} from '../../../domain/hold/host-now.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {printCleaners} from './cleaners-script.ts';
import {processesIn} from './host-processes.ts';
import {type TimerFile, timersIn, withFiles} from './host-timers.ts';

type CleanersOptions = Waiting & {
	shell: Shell;
	root: string;
	/** What a look a moment ago found: only what runs now is read, and what will start is taken from it. */
	known?: HostNow;
	/** A folder that plays the host's `/`. Absent: the host itself. */
	hostRoot?: string;
	/** Of the store, device and inode: for a login that does not see its folder itself. */
	identity?: string;
	/** Called once all that runs has been read. */
	onProcesses?: () => void;
};

const cleanersTimeoutMs = 60_000;

/** Reads what the host runs now and will start, in one command that only reads. */
export async function readHostNow(options: CleanersOptions): Promise<HostNow> {
	const {shell, root, known, hostRoot = '', identity, onProcesses = () => {}, signal} = options;
	const mark = randomBytes(12).toString('hex');
	const store = root.replace(/\/docker\/registry\/v2\/?$/, '');
	// What an interpreter runs that still has the same command line is not read again.
	const lines = (known?.processes ?? [])
		.map(({pid, argv}) => `${pid} ${firstLineOf(argv)}\n`)
		.filter(line => interpreter.test(line));
	const what = known === undefined ? 'all' : 'running';
	const input = [store, hostRoot, mark, what, lines.join('')].join('\n');
	const args = identity === undefined ? [] : [identity];
	const chunks: Uint8Array[] = [];
	const last = `\n${mark} seen\n`;
	let tail = '';
	const onOutput = (chunk: Uint8Array) => {
		chunks.push(chunk);
		tail += Buffer.from(chunk).toString('latin1');
		if (tail.includes(last)) {
			onProcesses();
		}

		tail = tail.slice(-last.length);
	};
	const request = {kind: 'read', script: printCleaners, args, input, timeoutMs: cleanersTimeoutMs} as const;
	await shell.run({...request, onOutput}, {signal});
	const now = hostNowIn(Buffer.concat(chunks).toString(), mark, known);
	return {...now, ...(hostRoot === '' ? {} : {playedBy: hostRoot})};
}

/** Of which the script asks what they run. */
const interpreter = /sh.*\/|(?:python|perl|ruby|node).*\//;

/** As a shell reads it. */
function firstLineOf(argv: readonly string[]): string {
	return argv.join('').split('\n', 1)[0]!;
}

/** Reads the records that the script prints, each after a line with the mark. @param known from which what will start is taken */
export function hostNowIn(output: string, mark: string, known?: HostNow): HostNow {
	const host: HostNow = {
		clock: 0,
		zone: {offsetMinutes: 0},
		processes: [],
		containers: [],
		crontabs: [],
		timers: [],
		hasAnacron: false,
		gaps: [],
	};
	const scripts = new Map<number, string>();
	const timerFiles: TimerFile[] = [];
	let knowsTimers = false;
	let [boot, ticks] = [0, 100];
	let processes: string | undefined;
	const stores = new Map<number, string>();
	let [isSeen, hasEnd] = [false, false];

	for (const record of output.split(`\n${mark} `).slice(1)) {
		const [head = ''] = record.split('\n', 1);
		const body = record.slice(head.length + 1);
		const [word, ...rest] = head.split(' ');
		const text = rest.join(' ');
		switch (word) {
			case 'now':
				host.clock = Number(rest[0]);
				host.zone.offsetMinutes = offsetIn(rest[1]);
				break;
			case 'zone':
				host.zone.name = text;
				break;
			case 'boot':
				[boot, ticks] = [Number(rest[0]), Number(rest[1])];
				break;
			case 'processes':
				processes = body;
				break;
			case 'store':
				stores.set(Number(rest[0]), rest[1]!);
				break;
			case 'script-known':
				putKnown(Number(rest[0]));
				break;
			case 'script':
				scripts.set(Number(rest[0]), body);
				break;
			case 'container':
				host.containers.push({
					engine: rest[0] === 'podman' ? 'podman' : 'docker',
					id: rest[1]!,
					name: rest.slice(2).join(' '),
				});
				break;
			case 'top':
				host.processes.push(...toldByDocker(body, rest[0]!, host.clock));
				break;
			case 'timers':
				host.timers.push(...timersIn(body, text === '--user'));
				knowsTimers ||= text === '--system';
				break;
			case 'timer-file':
				timerFiles.push({unit: rest.slice(1).join(' '), isEnabled: rest[0] === 'enabled', text: body});
				break;
			case 'crontab':
				host.crontabs.push({path: text, text: body});
				break;
			case 'container-crontab': {
				const [container = '', zone = '', ...path] = rest;
				host.crontabs.push({path: path.join(' '), text: body, inside: {container, zone}});
				break;
			}

			case 'container-script':
				host.scripts = [...(host.scripts ?? []), {container: rest[0]!, path: rest.slice(1).join(' '), text: body}];
				break;
			case 'anacron':
				host.hasAnacron = true;
				break;
			case 'gap':
				host.gaps.push(text);
				break;
			case 'seen':
				isSeen = true;
				break;
			case 'end':
				hasEnd = isSeen;
				break;
			default:
		}
	}

	if (!hasEnd) {
		host.gaps.push('the output of the host ended before its last line');
	}

	const own = processes === undefined ? [] : processesIn(processes, {mark, boot, ticks, stores});
	if (own === undefined) {
		host.gaps.push('the processes of the host: they could not be told apart');
	}

	host.processes.unshift(...(own ?? []));
	if (known !== undefined) {
		const {zone, crontabs, timers, hasAnacron, scripts: inContainers} = known;
		Object.assign(host, {zone, crontabs, timers, hasAnacron}, inContainers && {scripts: inContainers});
		host.gaps.unshift(...known.gaps);
	}

	return {
		...host,
		timers: known === undefined ? withFiles(host.timers, timerFiles, {knowsTimers}) : host.timers,
		processes: host.processes.map(each => ({...each, ...defined({script: scripts.get(each.pid)})})),
	};

	function putKnown(pid: number): void {
		const script = known?.processes.find(each => each.pid === pid)?.script;
		if (script !== undefined) {
			scripts.set(pid, script);
		}
	}
}

/** @see docker-top(1): the columns of ps on the engine's host, where words are no longer told apart */
function toldByDocker(text: string, container: string, clock: number): HostProcess[] {
	return text.split('\n').flatMap((line): HostProcess[] => {
		const [, pid, parent, elapsed, command] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.+)$/.exec(line) ?? [];
		if (command === undefined) {
			return [];
		}

		const [, shell, flag, script] = /^(\S*sh)\s+(-[a-z]*c)\s+(.*)$/.exec(command) ?? [];
		return [
			{
				pid: Number(pid),
				parent: Number(parent),
				argv: script === undefined ? command.trim().split(/\s+/) : [shell!, flag!, script],
				started: clock - Number(elapsed),
				container,
				...(/\bgarbage-collect\b/.test(command) ? {store: 'unknown' as const} : {}),
			},
		];
	});
}

function offsetIn(text = ''): number {
	const [, sign, hours, minutes] = /^([+-])(\d{2})(\d{2})$/.exec(text) ?? [];
	return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0));
}
