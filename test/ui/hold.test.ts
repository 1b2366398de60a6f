import '../support/color-terminal.ts';
import {afterEach, expect, test} from 'vitest';
import type {Hold} from '../../src/domain/hold/hold.ts';
import type {NextStart} from '../../src/domain/hold/next-starts.ts';
import type {OutputValues} from '../../src/domain/incident/outputs.ts';
import {openRoom, type RoomOptions, scanOutput} from './incident-room.ts';

let room: Awaited<ReturnType<typeof openRoom>> | undefined;
const open = async (options?: RoomOptions) => (room = await openRoom(options));
afterEach(async () => {
	await room?.leave();
	room = undefined;
});

const minuteMs = 60_000;
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * minuteMs + 30_000).toISOString();
const next = (more: Partial<NextStart> = {}): NextStart => ({
	kind: 'collection',
	file: 'gc.timer',
	line: 'gc.service',
	starts: inMinutes(130),
	suspend: {kind: 'command', program: 'systemctl', name: 'gc.timer'},
	...more,
});
const hold = (more: Partial<Hold> = {}): Hold => ({
	looked: new Date().toISOString(),
	running: [],
	next: [],
	gaps: [],
	...more,
});
const collecting = {
	kind: 'collection' as const,
	pid: 812,
	line: 'registry garbage-collect -m /c.yml',
	since: '2026-04-19T03:25:00.000Z',
};

/** A scan that has seen this. */
const seen = (held: Hold, more: Partial<OutputValues<'storage.scan'>> = {}) => ({
	scan: async () => ({
		outcome: 'done',
		output: {...scanOutput, hold: held, ...more},
		say: 'Two manifests lost their link.',
	}),
});

test.each([
	{columns: 80, rows: 24},
	{columns: 60, rows: 16},
])('the header counts down to the next collection at $columns×$rows, beside the image or below it', async size => {
	const {reach, read} = await open({...size, world: seen(hold({next: [next()]}))});

	await reach('scanned');

	const [first = '', second = ''] = read().split('\n');
	expect(`${first}${second}`).toContain('next collection in 2 h 10');
	expect(first).toMatch(/infra-ci:latest .*REHEARSAL$/);
});

test.each([
	['collection running', hold({running: [collecting], next: [next()]})],
	['next tag cleanup in 12 min', hold({next: [next({kind: 'tag-cleaner', starts: inMinutes(12)})]})],
	['next collection in 3 d 4 h', hold({next: [next({starts: inMinutes(76 * 60)})]})],
	['collection due for 5 min', hold({next: [next({starts: new Date(Date.now() - 5.5 * minuteMs).toISOString()})]})],
	[
		'next collection at an unknown time',
		hold({next: [{...next(), why: '@reboot'}].map(({starts: _, ...rest}) => rest)}),
	],
])('the header says: %s', async (text, held) => {
	const {reach, read} = await open({world: seen(held)});

	await reach('scanned');

	expect(read().split('\n').slice(0, 2).join('\n')).toContain(text);
});

test('a provisional scan says so first, with what runs', async () => {
	const gap = 'PROVISIONAL: the store may have changed while it was read. A garbage collection runs on this store.';
	const {reach} = await open({
		world: seen(hold({running: [collecting]}), {complete: false, provisional: true, gaps: [gap]}),
	});

	expect((await reach('scanned')).replace(/[│\s]+/g, ' ')).toContain('PROVISIONAL: the store may have changed');
});

test('one key leads to the gate that suspends it, from anywhere; then the header has forgotten it, and the decision is open', async () => {
	const {press, until, reach, events, read} = await open({
		world: {
			...seen(hold({next: [next()]})),
			hold: async () => ({
				outcome: 'found',
				output: {hold: hold({next: [next()]}), next: next()},
				say: 'It starts soon.',
			}),
			suspension: {
				target: 'registry-vm, gc.timer',
				changes: [{kind: 'suspend', starts: 'gc.service', suspend: next().suspend}],
				undo: 'systemctl start gc.timer',
				phrase: 'systemctl stop gc.timer',
			},
			suspend: async () => ({
				outcome: 'suspended',
				output: {suspended: 'gc.timer: gc.service', undo: 'systemctl start gc.timer'},
				say: 'Suspended.',
			}),
		},
	});
	expect(await reach('scanned')).toContain('u suspend the next start');

	press('u');
	const gate = await until('To go ahead, type:  systemctl stop gc.timer');
	expect(gate).toContain('runs: systemctl stop gc.timer');
	expect(gate).toContain('systemctl start gc.timer');
	press('systemctl stop gc.timer\r');

	await until('Which remedy?');
	expect(read().split('\n')[0]).not.toContain('next collection');
	expect(events('hold.asked')).toHaveLength(1);
});

test('a crontab is commented out by hand: the gate shows the line, and wants to be told that it is done', async () => {
	const line = '25 3 * * 0 /opt/registry/gc.sh';
	const by = {
		kind: 'by-hand' as const,
		how: `Put # before line 2, with crontab -e: ${line}`,
		undo: 'Take the # away again.',
	};
	const {press, until, reach} = await open({
		columns: 200,
		world: {
			...seen(hold({next: [next({file: 'crontab -l', at: 2, line, suspend: by})]})),
			hold: async () => ({outcome: 'found', output: {}, say: 'It starts soon.'}),
			suspension: {
				target: 'registry-vm, crontab -l:2',
				changes: [{kind: 'suspend', starts: line, suspend: by}],
				undo: by.undo,
				phrase: 'done',
			},
		},
	});
	await reach('scanned');

	press('u');

	expect(await until('To go ahead, type:  done')).toContain(
		`by hand, before you answer: Put # before line 2, with crontab -e: ${line}`,
	);
});

test('where nothing is known that cleans, the key says so and nothing happens', async () => {
	const {press, until, reach, events} = await open();
	expect(await reach('scanned')).not.toContain('suspend');

	press('u');

	await until('Nothing is known that will clean the store.');
	expect(events('hold.asked')).toEqual([]);
});
