import '../support/color-terminal.ts';
import {afterEach, describe, expect, test} from 'vitest';
import {OperatorError} from '../../src/domain/errors.ts';
import type {SiblingOption} from '../../src/domain/incident/schemas.ts';
import {brokenCheck, digests, intactCheck, openRoom, type RoomOptions, scanOutput} from './incident-room.ts';

let room: Awaited<ReturnType<typeof openRoom>>;
const open = async (options?: RoomOptions) => (room = await openRoom(options));
afterEach(() => room.leave());

test.each([
	{columns: 80, rows: 24},
	{columns: 60, rows: 16},
	{columns: 200, rows: 50},
])('an incident is led to its end at $columns×$rows, and no frame is taller or wider than that', async size => {
	await open(size);
	const seen = [await room.reach('diagnosed')];
	room.press('\r');
	seen.push(await room.until('Next: Decide'));
	room.press('\r');
	seen.push(await room.until('Which remedy?'));
	room.press('\r');
	seen.push(await room.until('To go ahead, type:  relink 2 manifests'));
	room.press('relink 2 manifests\r');
	seen.push(await room.until('Next: Verify the image'));
	room.press('\r');
	seen.push(await room.until('Next: Impact'));
	room.press('\r');
	seen.push(await room.until('When did it begin?'));
	room.press('\r');
	await room.until('Who noticed?');
	room.press('\r');
	seen.push(await room.until('build base'));
	room.press(' ');
	await room.until('1 of 2 ticked');
	room.press('\r');
	seen.push(await room.until('can be pulled again'));

	const choices = room.events('choice.made');
	const [answers] = room.events('answers.given');
	room.press('q');
	await room.closed;

	expect(choices).toMatchObject([{option: 'relink', actor: 'kim'}]);
	expect(answers).toMatchObject({
		answers: {since: 'unknown', who: 'pipeline', again: [{number: 366, title: 'build base'}]},
	});
	expect((await room.session.ended).kind).toBe('stopped');
	expect(room.scrolledOff()).toBe(0);
	for (const screen of seen) {
		const lines = screen.split('\n');
		expect(lines[0]).toContain('REHEARSAL');
		expect(lines).toHaveLength(size.rows);
		expect(lines.at(-1)).toMatch(/keys|at once/);
	}
});

test('a broken image is shown child by child, with what it means', async () => {
	await open();

	const screen = await room.reach('diagnosed');

	expect(screen).toMatch(/infra-ci:latest → index sha256:4f0c11111111 +✖ broken/);
	expect(screen).toMatch(/linux\/amd64 +98f722222222 ✖ 404 manifest unknown/);
	expect(screen).toMatch(/linux\/arm64 +1b8c44444444 ✔ ok {2}12 blobs/);
	expect(screen).toContain('linux/amd64 cannot be pulled; linux/arm64 can.');
	expect(screen).toContain('the index names a manifest that');
	expect(screen).toContain('● Scan the storage');
});

test('one of the images that a tag can name is chosen from a list, with its age; none of them leads back', async () => {
	const sibling = (key: string, status: string): SiblingOption => ({
		...{
			reference: `registry.example:5050/infra-ci:${key}`,
			key,
			title: 'linux/amd64; built 2026-04-18 02:00 UTC',
			status,
		},
		...{tags: [key], wasNamed: false, digest: digests.index, platforms: ['linux/amd64'], age: 'older', ageBy: 'built'},
	});
	const siblings = [sibling('1.4.2', 'older by its build'), sibling('1.4.1', 'age not known')];
	await open({
		world: {scan: async () => ({outcome: 'done', say: 'Scanned.', output: {...scanOutput, siblings}})},
	});
	await room.reach('decide');
	const choice = await room.until('Re-point the tag to one of 2 intact images');
	room.press('j');
	room.press('\r');
	const list = await room.until('Which image should the tag name?');
	room.press('j');
	room.press('j');
	room.press('\r');
	await room.until('Which remedy?');
	room.press('j');
	room.press('\r');
	await room.until('Which image should the tag name?');
	room.press('j');
	room.press('\r');
	await room.until('Rebuild in CI');

	expect(choice).toContain('Re-point the tag');
	expect(list).toMatch(/❯ 1\.4\.2 {2}linux.*older by its build/);
	expect(list).toMatch(/1\.4\.2 {2}linux\/amd64; built 2026-04-18 02:00 UTC/);
	expect(list).toContain('none of these');
	expect(room.events('answers.given')).toMatchObject([{answers: {sibling: []}}, {answers: {sibling: siblings[1]}}]);
});

test('a second check is shown beside the first', async () => {
	await open();
	await room.reach('decide');
	room.press('\r');
	await room.until('relink 2 manifests');
	room.press('relink 2 manifests\r');
	await room.until('Next: Verify');
	room.press('\r');

	const screen = await room.until('Next: Impact');
	expect(screen).toContain('before: broken, 2 faults   now: intact, 0 faults');
	expect(screen).toMatch(/linux\/amd64.*ok.*was 404/);
});

test('an image that could not be checked is never called intact', async () => {
	const unchecked = [
		{via: [], code: 'registry.unreachable', message: "Can't reach the registry.", hint: 'Check the network.'},
	];
	const output = {...brokenCheck, verdict: 'unknown', faults: [], children: [], unchecked};
	await open({world: {verify: async () => ({outcome: 'broken', output, say: ''})}});

	const screen = await room.reach('diagnosed');

	expect(screen).toContain('? unknown');
	expect(screen).toContain('Not verified: 1 part could not be checked.');
	expect(screen).toContain("Can't reach the registry.");
	expect(screen).not.toContain('intact');
});

describe('a decision', () => {
	test('marks what is recommended and says why', async () => {
		await open();

		const screen = await room.reach('decide');

		expect(screen).toMatch(/❯ ★ Relink 2 manifests {2}recommended/);
		expect(screen).toContain('Every damaged part is still on disk');
	});

	test('shows why an option cannot be taken, and does not take it', async () => {
		await open();
		await room.reach('decide');

		room.press('jjj\r');

		expect(await room.until('No restart command is configured')).toContain('Which remedy?');
		expect(room.events('choice.made')).toEqual([]);
	});

	test('is not taken by an enter that was meant for the step before', async () => {
		await open();
		await room.reach('scanned');

		room.pressAtOnce('\r');
		await room.until('Which remedy?');
		room.pressAtOnce('\r');

		await room.until('has only just come up');
		expect(room.events('choice.made')).toEqual([]);
	});

	test('shows the failure that led to it on top', async () => {
		const scan = async () => {
			throw new OperatorError('ssh.unreachable', "Can't reach registry-vm.", {hint: 'Is it up?', exit: 'unreachable'});
		};
		await open({world: {scan}});
		await room.until('Next: Scan');

		room.press('\r');

		const screen = await room.until('Which remedy?');
		expect(screen).toMatch(/✖ Can't reach registry-vm\..*\n.*Is it up\?/);
		expect(screen).toMatch(/✖ Relink what is still on disk {2}not possible/);
	});
});

test('a held step runs only when the person goes on', async () => {
	let scans = 0;
	await open({
		world: {
			scan: async () => ({outcome: 'done', output: {findings: [], faults: [], others: []}, say: `Scan ${++scans}`}),
		},
	});

	await room.until('Next: Scan the storage');
	expect(scans).toBe(0);

	room.press('\r');
	await room.until('Next: Decide');
	expect(scans).toBe(1);
});

test('the focused digest is copied, through tmux when it is there', async () => {
	await open();
	await room.reach('diagnosed');

	room.press('jy');

	await room.until('Copied: sha256:27d5');
	expect(room.copied()).toBe(digests.proof);
});

test('a screen closes when the process is told to end, also at the end of an incident', async () => {
	const stop = new AbortController();
	const verify = async () => ({outcome: 'intact', output: intactCheck, say: 'Intact.'});
	await open({world: {verify}, stop: stop.signal});
	await room.until('q leaves');

	stop.abort();

	await room.closed;
	expect(room.isAway()).toBe(false);
});
