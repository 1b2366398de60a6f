import {defined} from '../../../domain/defined.ts';
import type {HostProcess} from '../../../domain/hold/host-now.ts';

const mostCharactersOfCommandLine = 16_384;

/** `boot`: seconds since 1970; `ticks`: of the kernel, a second. `stores`: by the number of a collector, whether it collects this store. */
type HowToRead = {mark: string; boot: number; ticks: number; stores: ReadonlyMap<number, string>};

/**
 * Reads what one `cat` printed of all processes: twice the environment of that `cat`, then for each process its stat, cgroup and
 * cmdline in `/proc`, and the environment again. Where each begins is known from the mark in the environment, which no other user
 * can read and so no command line can hold.
 * @returns undefined: the environment is not there, so it cannot be told where a process ends
 */
export function processesIn(body: string, {mark, ...how}: HowToRead): HostProcess[] | undefined {
	const holder = `MARK=${mark}\0`;
	const first = body.indexOf(holder);
	const second = body.indexOf(holder, first + 1);
	const between = body.slice(0, second - first);
	if (first === -1 || second === -1 || !body.startsWith(`${between}${between}`)) {
		return undefined;
	}

	const texts = body.slice(2 * between.length).split(between);
	const rest = texts.pop();
	return rest === '' ? texts.flatMap(text => processIn(text, how)) : undefined;
}

/**
 * Of one process: a line of stat, a line of cgroup for each hierarchy, and the words of the command line. What has ended meanwhile has
 * no stat. @see proc(5)
 */
function processIn(text: string, {boot, ticks, stores}: Omit<HowToRead, 'mark'>): HostProcess[] {
	// The name may hold anything, also a newline and a bracket: the last bracket before the state ends it.
	const [all, number, fields] = /^(\d+) \([\s\S]*?\) ([A-Za-z](?: -?\d+){40,})\n/.exec(text) ?? [];
	const [state, parent, ...more] = fields?.split(' ') ?? [];
	// Of the kernel, or ended and not yet waited for.
	if (all === undefined || parent === '2' || state === 'Z') {
		return [];
	}

	const pid = Number(number);
	const [, cgroups = '', words = ''] = /^((?:\d+:[^\n]*\n)*)([\s\S]*)$/.exec(text.slice(all.length)) ?? [];
	const store = stores.get(pid);
	return [
		{
			pid,
			parent: Number(parent),
			argv: words.slice(0, mostCharactersOfCommandLine).replace(/\0$/, '').split('\0'),
			// The 20th field behind the name.
			started: boot + Number(more[17]) / ticks,
			...placeIn(cgroups.split('\n', 1)[0]!),
			...(store === 'same' || store === 'other' || store === 'unknown' ? {store} : {}),
		},
	];
}

/** `/docker/ID`, `/system.slice/docker-ID.scope`, `/machine.slice/libpod-ID.scope/container` */
function placeIn(group: string): Pick<HostProcess, 'container' | 'unit'> {
	const container = /(?:^|[/-])([0-9a-f]{64})(?:\.scope)?(?:\/|$)/.exec(group)?.[1];
	const unit = container === undefined ? /\/([^/]+\.service)(?:\/[^/]*\.slice|$)/.exec(group)?.[1] : undefined;
	const isUser = /\/user@\d+\.service\//.test(group);
	return defined({container, unit: unit === undefined ? undefined : {name: unit, isUser}});
}
