import '../support/color-terminal.ts';
import {afterEach, expect, test} from 'vitest';
import {endless, lost, openRoom, type RoomOptions} from './incident-room.ts';

let room: Awaited<ReturnType<typeof openRoom>>;
afterEach(() => room.leave());

async function atGate(which: 'typed' | 'approve', options: RoomOptions = {}) {
	room = await openRoom(options);
	await room.reach('decide');
	room.press(which === 'typed' ? '\r' : 'j\r');
	return room.until('To go ahead');
}

test('a gate shows target, change, undo and when it expires', async () => {
	const screen = await atGate('typed');

	expect(screen).toContain('Target   infra-ci in registry.example:5050');
	expect(screen).toContain('• PUT sha256:98f722222222 (linux/amd64)');
	expect(screen).toContain('Undo     DELETE the two manifests');
	expect(screen).toMatch(/Expires {2}in 14 min/);
	expect(screen).toContain('relink 2 manifests');
});

test('the wrong phrase stays on the gate, and the gate says so', async () => {
	await atGate('typed');

	room.press('relink 3 manifests\r');

	expect(await room.until('"relink 3 manifests" is not')).toContain('Target');
	expect(room.events('effect.intended')).toHaveLength(2);
	room.press('relink 2 manifests\r');
	await room.until('Next: Verify');
	expect(room.events('effect.intended')).toMatchObject([{step: 'diagnose'}, {step: 'scan'}, {step: 'relink'}]);
});

test('no single key approves: an untyped gate wants the word "approve"', async () => {
	const screen = await atGate('approve');
	expect(screen).toContain('▌approve');

	room.press('\r');
	await room.until('Type "approve" to go ahead');
	room.press('a\r');
	await room.until('"a" is not "approve"');
	expect(room.events('effect.intended')).toHaveLength(2);

	room.press('approve\r');
	await room.until('Next: Verify');
	expect(room.events('effect.intended')).toHaveLength(3);
});

test('changes that do not fit can be scrolled while the answer is typed', async () => {
	const gate = {
		target: 'infra-ci',
		changes: Array.from({length: 30}, (_, at) => ({kind: 'sentence' as const, text: `PUT number ${at}`})),
		undo: 'none',
		phrase: 'relink 30',
	};
	const screen = await atGate('typed', {columns: 60, rows: 16, world: {gate}});
	expect(screen).toMatch(/↓ \d+ more/);

	room.press('relink');
	room.press('\u001B[6~\u001B[6~\u001B[6~\u001B[6~\u001B[6~');

	await room.until('PUT number 29');
	expect(room.read()).toContain('❯ relink▌');
});

test('what takes something away stands first and is marked, also where little fits', async () => {
	const gate = {
		target: 'registry-vm',
		changes: [
			{
				kind: 'build-and-push' as const,
				git: 'https://git.example/acme/infra',
				context: 'ci',
				dockerfile: 'Dockerfile',
				images: ['registry.example/infra-ci:latest'],
				writes: [{tag: 'latest', verdict: 'broken' as const}],
				platforms: {builds: 'linux/amd64', loses: [{platform: 'linux/arm64', verdict: 'intact' as const}]},
			},
		],
		undo: 'none',
		phrase: 'build infra-ci',
	};
	const screen = await atGate('typed', {columns: 60, rows: 16, world: {gate}});

	expect(screen).toMatch(/Changes +! would lose linux\/arm64: it is built for +│/);
	expect(screen.indexOf('! would lose')).toBeLessThan(screen.indexOf('clones'));
});

test('esc declines only when it is pressed twice', async () => {
	await atGate('typed');

	room.press('\u001B');
	await room.until('Decline? Nothing is changed');
	room.press('n');
	await room.until('Decline?', true);
	expect(room.events('gate.answered')).toEqual([]);

	room.press('\u001B');
	await room.until('Decline?');
	room.press('y');
	await room.until('Which remedy?');
	expect(room.events('gate.answered')).toMatchObject([{answer: 'decline'}]);
});

test('a paste types the words, but never presses enter', async () => {
	await atGate('typed');

	room.press('\u001B[200~relink 2 manifests\n\u001B[201~');

	await room.until('❯ relink 2 manifests ▌');
	expect(room.events('gate.answered')).toEqual([]);
});

test('tab leaves the field for the other keys, and enter returns to it', async () => {
	await atGate('typed');

	room.press('\t');
	await room.until('type the answer');
	room.press('n');
	await room.until('Note for the journal');
	room.press('kim is asked\r');
	await room.until('Note for the journal', true);
	room.press('\r');
	await room.until('other keys');

	expect(room.events('note.added')).toMatchObject([{text: 'kim is asked'}]);
});

test('leaving during a change says that it continues without regmedic', async () => {
	await atGate('approve', {world: {build: endless}});
	room.press('approve\r');
	await room.until('To go ahead', true);

	room.press('q');

	expect(await room.until('Leave?')).toContain('has started and continues');
	room.press('y');
	await room.closed;
	expect((await room.session.ended).kind).toBe('left');
	expect(room.isAway()).toBe(false);
});

test('a change whose outcome is not known is not made again: check again, or record it by hand', async () => {
	await atGate('approve', {world: {build: lost}});
	room.press('approve\r');

	const screen = await room.until('The CI does not answer.');
	expect(screen).toContain('outcome not known');
	room.press('s');
	await room.until('record its outcome by hand');
	room.press('r');
	await room.until('record its outcome by hand', true);
	expect(room.events('step.retried')).toHaveLength(1);

	await room.until('The CI does not answer.');
	room.press('h');
	await room.until('Its outcome:');
	room.press('\r');
	await room.until('was done by hand: "pushed"');
	room.press('looked at the CI\r');
	await room.until('Next: Verify');
	expect(room.events('step.done-by-hand')).toMatchObject([{outcome: 'pushed', reason: 'looked at the CI'}]);
});

test('commands by hand are copied, and the reason why they could not be run is asked', async () => {
	room = await openRoom();
	await room.reach('decide');
	room.press('jj\r');
	const screen = await room.until('$ systemctl restart registry');
	expect(screen).toContain('Run these on the registry host.');

	room.press('jy');
	await room.until('Copied');
	expect(room.copied()).toBe('systemctl restart registry');

	room.press('c');
	await room.until('Why could it not be done?');
	room.press('no access\r');
	await room.until('Which remedy?');
	expect(room.events('hand.reported')).toMatchObject([{outcome: 'could-not', why: 'no access'}]);
});
