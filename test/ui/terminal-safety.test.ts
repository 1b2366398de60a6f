import '../support/color-terminal.ts';
import {afterEach, expect, test} from 'vitest';
import {OperatorError} from '../../src/domain/errors.ts';
import {brokenCheck, endless, openRoom, type RoomOptions} from './incident-room.ts';

let room: Awaited<ReturnType<typeof openRoom>>;
const open = async (options?: RoomOptions) => (room = await openRoom(options));
afterEach(() => room.leave());

const evil = '\u001B]0;owned\u0007\u001B[2J\u001B[31mred\u202Eright\u009B5n';

test('nothing from outside draws: escapes, C1 controls and bidi tricks are shown as they are', async () => {
	const children = brokenCheck.children.map(child => ({...child, platform: evil, detail: evil}));
	await open({
		columns: 200,
		rows: 40,
		world: {
			verify: async () => ({
				outcome: 'broken',
				output: {...brokenCheck, reference: `host:1/${evil}`, children},
				say: evil,
			}),
			scan: async (_, context) => {
				context.log(evil);
				context.progress({label: evil, done: 1, total: 2});
				return endless(_, context);
			},
		},
	});

	const diagnosed = await room.until('Next: Scan');
	room.press('\r');
	const scanning = await room.until('1/2');

	expect(diagnosed).toContain('^[]0;owned^G');
	expect(diagnosed).toContain('<U+202E>');
	expect(scanning).toContain('Log');
	for (const part of ['\u001B]0;', '\u001B[2J', '\u202E', '\u009B', '\u001B[31mred']) {
		expect(room.bytes()).not.toContain(part);
	}
});

test('without colours no colour sequence is written, and every state is still named', async () => {
	await open({colors: false});

	const screen = await room.reach('decide');

	expect(screen).toContain('REHEARSAL');
	// CSI … m is the only sequence that colours.
	expect(room.bytes()).not.toMatch(/\u001B\[[\d;:]*m/);
});

test('with colours a rehearsal has another frame than the real thing, and says so in words', async () => {
	await open();
	await room.reach('diagnosed');
	const rehearsal = room.bytes();
	await room.leave();
	await open({real: true});
	const screen = await room.reach('diagnosed');

	expect(screen.split('\n')[0]).toMatch(/ REAL$/);
	expect(rehearsal).toContain('\u001B[35m┌');
	expect(room.bytes()).toContain('\u001B[34m┌');
	// The 16 colours only.
	expect(rehearsal).not.toMatch(/\u001B\[[34]8;/);
});

test('a terminal that may not know UTF-8 gets ASCII only', async () => {
	await open({unicode: false, settings: {runsInItself: true}});

	const screen = await room.reach('decide');

	expect(screen).toContain('> * Relink 2 manifests');
	expect(screen).toContain('+- Decide ');
	expect(room.bytes()).not.toMatch(/[^\u0000-\u007F]/);
});

test('a dry run says so in every header', async () => {
	await open({dryRun: true});

	expect((await room.reach('diagnosed')).split('\n')[0]).toContain('DRY RUN');
});

test('a resize redraws in the new size', async () => {
	await open({columns: 120, rows: 40});
	await room.reach('diagnosed');

	room.resize({columns: 60, rows: 16});

	const screen = await room.until('step 1/5');
	expect(screen.split('\n')).toHaveLength(16);
	expect(screen).not.toContain('Steps');
	expect(room.scrolledOff()).toBe(0);
});

test('ctrl-c answers at once and leaves the terminal as it was', async () => {
	await open({world: {verify: endless}});
	await room.until('Diagnose the tag');
	expect(room.isAway()).toBe(true);

	room.press('\u0003');
	await room.closed;

	expect(room.isAway()).toBe(false);
	expect(room.events('incident.left')).toMatchObject([{reason: 'interrupted'}]);
});

test('a record that cannot be kept is a red banner with what to do', async () => {
	await open();
	await room.reach('diagnosed');

	room.record.fails = new OperatorError('journal.full', 'The disk is full.', {
		hint: 'Make room, then resume.',
		exit: 'failed',
	});
	room.press('\r');

	const screen = await room.until('Stopped: The disk is full.');
	expect(screen).toContain('Make room, then resume.');
	expect(screen.split('\n')).toHaveLength(24);
	room.press('q');
	await room.until('Leave?');
	room.press('y');
	await room.closed;
});

test('a bug closes the screen first, and is thrown after', async () => {
	const scan = async () => {
		throw new TypeError('undefined is not a manifest');
	};
	await open({world: {scan}});
	await room.reach('diagnosed');

	room.press('\r');

	await expect(room.closed).rejects.toThrow('undefined is not a manifest');
	expect(room.isAway()).toBe(false);
});

test('ctrl-z gives the terminal back and takes it again', async () => {
	const gate = Promise.withResolvers<void>();
	let away: boolean | undefined;
	await open({
		suspend: () => {
			away = room.isAway();
			return gate.promise;
		},
	});
	await room.reach('diagnosed');

	room.press('\u001A');
	await room.until('Diagnose the tag', true);
	gate.resolve();
	await room.until('Diagnose the tag');

	expect(away).toBeDefined();
	expect(room.isAway()).toBe(true);
});
