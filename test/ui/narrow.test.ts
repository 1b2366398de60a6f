import '../support/color-terminal.ts';
import {afterEach, expect, test} from 'vitest';
import {OperatorError} from '../../src/domain/errors.ts';
import {createFormatter, rowWidth} from '../../src/ui/draw/formatter.ts';
import {stoppedScreen} from '../../src/ui/screens/stopped.ts';
import {freshState} from '../../src/ui/state/screen-state.ts';
import {endless, intactCheck, openRoom, type RoomOptions, scanOutput} from './incident-room.ts';

let room: Awaited<ReturnType<typeof openRoom>> | undefined;
const open = async (options?: RoomOptions) => (room = await openRoom(options));
afterEach(async () => {
	await room?.leave();
	room = undefined;
});

const narrow = {columns: 60, rows: 16};

test('the image is named whole at 60 columns', async () => {
	const {reach} = await open(narrow);

	expect((await reach('diagnosed')).split('\n')[0]).toMatch(/infra-ci:latest .*REHEARSAL$/);
});

test.each([{columns: 80, rows: 24}, narrow])(
	'a remedy that cannot be taken says so whole, and why once it is marked, at $columns columns',
	async size => {
		const scan = async () => {
			throw new OperatorError('ssh.unreachable', "Can't reach registry-vm.", {hint: 'Is it up?', exit: 'unreachable'});
		};
		const {press, until, read} = await open({...size, world: {scan}});
		await until('Next: Scan');
		press('\r');
		await until('Which remedy?');

		press('j'.repeat(9));
		const screen = await until(/❯ ✖/);

		expect(screen).toMatch(/not now /);
		expect(read()).not.toMatch(/✖ .*…/);
	},
);

test('a scan says its numbers once, counts whole, and when it happened for people', async () => {
	const counts = {repositories: 9, tags: 22, indexes: 1, links: 122, blobs: 9876};
	const say = 'On disk, this image: 2 child-unlinked; 1 finding on other images.';
	const {reach} = await open({world: {scan: async () => ({outcome: 'done', output: {...scanOutput, counts}, say})}});

	const screen = await reach('scanned');

	expect(screen).toMatch(/On disk, this image: 2 child-unlinked; 1 {2,}✔ complete/);
	expect(screen).not.toContain('findings of this image');
	expect(screen).toContain('22 tags · 1 index · 122 links');
	expect(screen).toContain('9876 blobs');
	expect(screen).toContain('by 2026-04-19 02:00 UTC at the latest');
	expect(screen.match(/→ relink/g)).toHaveLength(2);
});

test('progress leaves out what matters least where there is no room', async () => {
	const {until} = await open({
		...narrow,
		world: {
			verify: (inputs, context) => {
				context.progress({label: 'pipeline 377 running', done: 30, total: 120});
				return endless(inputs, context);
			},
		},
	});

	const screen = await until(/pipeline 377 running {2}30\/120.* left +\d/);

	expect(screen.split('\n').at(-2)).not.toContain('…');
});

test('an end that a failure led to shows the failure', async () => {
	const problem = {code: 'registry.unreachable' as const, message: 'Nothing listens.', hint: 'Is it up?'};
	const {session, until, record} = await open({
		world: {verify: async () => ({outcome: 'intact', output: intactCheck, say: ''})},
	});
	await until('q leaves');
	const {incident} = session.current();
	const visits = incident.visits.map(visit => ({...visit, problem}));
	const situation = {id: 'stopped', kind: 'stopped', say: 'Over.', unverified: true, closed: true} as const;
	const context = {format: createFormatter(true), width: 60, now: 0, journalFolder: record.journal.folder};

	const {rows} = stoppedScreen.draw(situation, freshState(situation, 0), {...context, incident: {...incident, visits}});

	const text = rows.map(row => row.map(span => span.text).join('')).join('\n');
	expect(text).toMatch(/Over\.\n✖ Nothing listens\.\n {2}Is it up\?/);
});

test('pieces flow onto as many lines as they need, and a path breaks after a slash', () => {
	const format = createFormatter(true);
	const text = (rows: ReturnType<typeof format.flow>) => rows.map(row => row.map(span => span.text).join(''));

	expect(text(format.flow(['9 repositories', '22 tags', '4 indexes'], ' · ', 24))).toEqual([
		'9 repositories · 22 tags',
		'4 indexes',
	]);
	expect(text(format.wrap('PUT /v2/infra-ci/manifests/sha256:452fec4578cab7d0', 30))[0]).toBe(
		'PUT /v2/infra-ci/manifests/',
	);
	expect(Math.max(...format.wrap(`/${'a/'.repeat(60)}`, 20).map(rowWidth))).toBeLessThanOrEqual(20);
});
