import '../support/color-terminal.ts';
import {afterEach, expect, test} from 'vitest';
import {barOf, intentOf, keymap} from '../../src/ui/keymap.ts';
import {endless, openRoom, type RoomOptions} from './incident-room.ts';

let room: Awaited<ReturnType<typeof openRoom>> | undefined;
const open = async (options?: RoomOptions) => (room = await openRoom(options));
afterEach(async () => {
	await room?.leave();
	room = undefined;
});

test('a key means one thing in one place', () => {
	const taken = keymap.flatMap(({keys, when}) => keys.map(key => `${when} ${key}`));

	expect(taken).toHaveLength(new Set(taken).size);
});

test('the hint bar names the keys of the place that is nearest', () => {
	expect(intentOf('enter', ['held', 'anywhere'])).toBe('go-on');
	expect(barOf(['stopped', 'anywhere'])[0]).toEqual({key: 'enter', title: 'leave', intent: 'close'});
	expect(barOf(['stopped', 'anywhere']).map(({intent}) => intent)).not.toContain('leave');
});

test('a key that does not work says why', async () => {
	const {press, until} = await open({world: {verify: endless}});
	await until('Diagnose the tag');

	press('d');
	await until('d has nothing to do here');
	press('x');
	await until('x is not a key here');
	press('\u001A');
	await until('cannot be suspended here');
});

test('the help page is the keymap', async () => {
	const {press, until, reach} = await open({columns: 100, rows: 50});
	await reach('diagnosed');

	press('?');

	const screen = await until('Everywhere');
	expect(screen).toMatch(/up k +up/);
	expect(screen).toMatch(/ctrl-c +leave at once/);
	press('q');
	await until('Everywhere', true);
});

test('the last line keeps the way to the help, however narrow it is', async () => {
	const {reach} = await open({columns: 44, rows: 16});

	expect((await reach('diagnosed')).split('\n').at(-1)).toMatch(/\? keys$/);
});

test('a step is skipped as one of its outcomes, with a reason', async () => {
	const {press, until, reach, events} = await open();
	await reach('diagnosed');

	press('s');
	expect(await until('as if its outcome')).toContain('unreachable  → Decide');
	press('j\r');
	await until('as "unreachable". Why?');
	press('\r');
	await until('Say why; esc turns back.');
	press('no access to the VM\r');

	await until('Say why', true);
	expect(events('step.skipped')).toMatchObject([
		{step: 'scan', attempt: 1, outcome: 'unreachable', reason: 'no access to the VM'},
	]);
});

test('a person can turn back to the decision at any time, and says why', async () => {
	const {press, until, reach, events} = await open();
	await reach('diagnosed');

	press('b');
	await until('Decide again. Why?');
	press('I know what to do\r');

	await until('go on: Decide');
	expect(events('decision.reopened')).toMatchObject([{reason: 'I know what to do'}]);
});

test('the prose of the step is one key away', async () => {
	const {press, until, reach} = await open();
	await reach('diagnosed');

	press('p');

	await until('What exactly is gone, and since when.');
});

test('the log follows, scrolls, and finds', async () => {
	const {press, until} = await open({
		world: {
			verify: async (inputs, context) => {
				for (let line = 1; line <= 300; line++) {
					context.log(line === 120 ? 'needle here' : `line ${line}`);
				}

				return endless(inputs, context);
			},
		},
	});
	await until('line 300');

	press('l');
	press('k');
	await until('1 more');
	press('g');
	await until('line 1 ');
	press('G');
	await until('follows');
	press('/');
	await until('Search the log');
	press('needle\r');
	await until('❯ needle here');
	press('z');
	expect(await until('line 110')).not.toContain('Steps');
	press('/');
	await until('Search the log');
});

test('what takes long shows how far it is, and how long it has been', async () => {
	const {until} = await open({
		world: {
			verify: (inputs, context) => {
				context.progress({label: 'blobs', done: 30, total: 120});
				return endless(inputs, context);
			},
		},
	});

	expect(await until('blobs  30/120')).toContain('25 %');
	await until(/blobs .*\/s .* left .*1\.\d s/);
});
