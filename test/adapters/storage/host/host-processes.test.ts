import fc from 'fast-check';
import {expect, it} from 'vitest';
import {processesIn} from '../../../../src/adapters/storage/host/host-processes.ts';

const mark = 'a1b2c3d4e5f6';
const environment = `PATH=/usr/bin:/bin\0MARK=${mark}\0`;
const numbers = (parent: number) =>
	[parent, ...Array<number>(17).fill(0), 6000, ...Array<number>(30).fill(-1)].join(' ');

type Told = {pid: number; parent: number; state: string; name: string; cgroup: string; words: string[]};

const stateOf = ({pid, parent, state, name, cgroup, words}: Told) =>
	`${pid} (${name}) ${state} ${numbers(parent)}\n${cgroup}${words.map(word => `${word}\0`).join('')}`;
const printed = (told: readonly string[]) =>
	`${environment}${environment}${told.map(each => each + environment).join('')}`;
const read = (body: string) => processesIn(body, {mark, boot: 1000, ticks: 100, stores: new Map([[7, 'same']])});

const init: Told = {
	pid: 1,
	parent: 0,
	state: 'S',
	name: 'systemd',
	cgroup: '0::/init.scope\n',
	words: ['/sbin/init', '--x'],
};
const id = 'ab'.repeat(32);

it('tells each process with its parent, words, start, container, unit, and whether it collects this store', () => {
	const collector = {
		...init,
		pid: 7,
		parent: 1,
		name: 'registry',
		cgroup: `0::/docker/${id}\n`,
		words: ['registry', 'garbage-collect'],
	};
	const cron = {
		...init,
		pid: 9,
		parent: 1,
		name: 'cron',
		cgroup: '12:cpu:/\n0::/system.slice/x\n',
		words: ['cron', ''],
	};

	expect(read(printed([init, collector, cron].map(stateOf)))).toEqual([
		{pid: 1, parent: 0, argv: ['/sbin/init', '--x'], started: 1060},
		{pid: 7, parent: 1, argv: ['registry', 'garbage-collect'], started: 1060, container: id, store: 'same'},
		{pid: 9, parent: 1, argv: ['cron', ''], started: 1060},
	]);
});

it('leaves out what the kernel runs for itself, what has ended, and what ended while it was read', () => {
	const told = [
		stateOf({...init, pid: 5, parent: 2, words: []}),
		stateOf({...init, pid: 6, state: 'Z', words: []}),
		'',
		'0::/init.scope\n',
	];

	expect(read(printed(told))).toEqual([]);
});

it('tells processes apart whatever their names and command lines hold', () => {
	const text = fc.oneof(
		fc.string({unit: fc.constantFrom('(', ')', ' ', '\n', 'S', '0', ':', '/', 'MARK=', 'PATH=/usr/bin:/bin')}),
		fc.string(),
	);
	const word = text.map(each => each.replaceAll('\0', ''));
	const process = fc.record({
		pid: fc.integer({min: 3, max: 99_999}),
		parent: fc.constantFrom(0, 1, 77),
		state: fc.constantFrom('S', 'R', 'D'),
		name: word.map(each => each.slice(0, 15)),
		cgroup: fc.constantFrom('0::/init.scope\n', '12:cpu,cpuacct:/\n0::/a b\n', ''),
		// A command line that begins like a line of cgroup is taken for one, and only its own process is told wrongly.
		words: fc.array(word, {minLength: 1}).map(([first, ...rest]) => [`w${first}`, ...rest]),
	});

	fc.assert(
		fc.property(fc.array(process), told => {
			expect(read(printed(told.map(stateOf)))!.map(({pid, parent, argv}) => ({pid, parent, argv}))).toEqual(
				told.map(({pid, parent, words}) => ({pid, parent, argv: words})),
			);
		}),
	);
});

it('does not guess where the mark is missing, or the output was cut', () => {
	const body = printed([stateOf(init)]);

	expect(read('')).toBeUndefined();
	expect(read(environment)).toBeUndefined();
	expect(read(body.slice(0, -1))).toBeUndefined();
	expect(read(body.replaceAll(mark, 'another'))).toBeUndefined();
});
