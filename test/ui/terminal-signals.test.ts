import '../support/color-terminal.ts';
import {expect, test} from 'vitest';
import {bellSequence, createBell, longWaitMs} from '../../src/ui/terminal-signals.ts';
import {brokenCheck, openRoom} from './incident-room.ts';

test('rings once when a long wait for a machine has become a wait for a person', () => {
	const bell = createBell();

	expect(bell.rings('working', 0)).toBe(false);
	expect(bell.rings('working', longWaitMs)).toBe(false);
	expect(bell.rings('gate', longWaitMs + 1)).toBe(true);
	expect(bell.rings('gate', 3 * longWaitMs)).toBe(false);
});

test('does not ring after a short wait, or while a person is asked', () => {
	const bell = createBell();

	expect(bell.rings('held', 0)).toBe(false);
	expect(bell.rings('choose', 10 * longWaitMs)).toBe(false);
	bell.rings('working', 20 * longWaitMs);
	expect(bell.rings('held', 20 * longWaitMs + 2_000)).toBe(false);
});

test('sends a notification only to terminals that are known to show it, and a plain bell through tmux', () => {
	const both = '\u001B]9;regmedic waits for you\u0007\u0007';

	expect(bellSequence({TERM: 'xterm-256color'})).toBe('\u0007');
	expect(bellSequence({TERM_PROGRAM: 'iTerm.app'})).toBe(both);
	expect(bellSequence({TERM: 'xterm-kitty'})).toBe(both);
	expect(bellSequence({TERM_PROGRAM: 'WezTerm', TMUX: '/tmp/tmux-0/default,1,0'})).toBe('\u0007');
});

test('the screen rings when a long step has ended, and not before', async () => {
	const released = Promise.withResolvers<void>();
	const verify = async () => {
		await released.promise;
		return {outcome: 'broken', output: brokenCheck, say: ''};
	};
	const room = await openRoom({world: {verify}, columns: 120});
	await room.until('● Diagnose');

	// Each press is 400 ms of a person's time.
	for (let presses = 0; presses < 30; presses++) {
		room.press('k');
	}

	expect(room.bytes()).not.toContain('\u0007');
	released.resolve();
	await room.until('Next: Scan the storage');
	await expect.poll(() => room.bytes()).toContain('\u0007');
	await room.leave();
});
