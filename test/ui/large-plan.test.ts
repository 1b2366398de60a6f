import {expect, test} from 'vitest';
import type {Action} from '../../src/engine/actions/action.ts';
import {openScreen} from '../../src/ui/open-screen.tsx';
import {largeRows, openLargePlan} from '../support/large-plan.ts';
import {createTerminal} from '../support/terminal.ts';

async function openPlan(size: {columns: number; rows: number}, change?: (actions: Action[]) => Action[]) {
	const small = await openLargePlan(change && {change});
	await small.phase('asking');
	const terminal = createTerminal(size);
	let read = 0;
	let keys = 0;
	const closed = openScreen({
		intro: {title: 'Much is broken', story: 'All pipelines die.', drill: false},
		begin: async () => ({session: small.session, image: 'infra-ci:latest', journalFolder: '/state/x'}),
		stdin: terminal.stdin,
		stdout: terminal.stdout,
		env: {},
		now: () => Date.now() + read,
		colors: true,
		unicode: true,
	});
	closed.catch(() => {});
	return {
		...terminal,
		small,
		keys: () => keys,
		/** A typed phrase counts as one. @see recovery.md, "Keys" */
		press(key: string) {
			read += 400;
			keys++;
			terminal.press(key);
		},
		async leave() {
			terminal.press('\u0003');
			await closed.catch(() => {});
		},
	};
}

test.each([
	{columns: 60, rows: 16},
	{columns: 80, rows: 24},
	{columns: 200, rows: 50},
])(
	'of 3,000 rows the used ones are approved with at most 10 keys on $columns×$rows',
	async size => {
		const room = await openPlan(size);
		let screen = await room.until('20 × child-unlinked, used');
		expect(screen).toContain('3000 rows');
		expect(screen, 'the first group is marked, with its rows').toContain('team/app-0:1');

		room.press('X');
		screen = await room.until('2960 left');
		room.press('\r');
		screen = await room.until('approve?');
		expect(screen).toContain('40 × ');
		room.press('approve\r');
		const {incident} = await room.small.until(view => view.incident.visits.some(({step}) => step === 'prove'));

		expect(room.keys()).toBeLessThanOrEqual(10);
		const items = incident.visits.find(({step}) => step === 'apply')!.items!;
		expect(items.map(({row}) => row)).toEqual(largeRows.slice(0, 40).map(({id}) => id));
		expect(items.every(({remedy}) => remedy === 'mend')).toBe(true);
		await room.leave();
	},
	120_000,
);

test('a group opens into its rows, and gets another remedy or is left as a whole', async () => {
	const room = await openPlan({columns: 80, rows: 24});
	await room.until('+ 20 × child-unlinked, used');

	room.press('o');
	await room.until('- 20 × child-unlinked, used');
	room.press('\u001b[B');
	await room.until('all bytes are here');
	room.press('x');
	await room.until('19 mend, 1 leave');
	room.press('\u001b[A');
	room.press('o');
	await room.until('+ 20 × child-unlinked, used');
	room.press(' ');
	await room.until(/child-unlinked, used +tell/);
	room.press('x');
	await room.until(/child-unlinked, used +leave/);

	await room.leave();
}, 120_000);

test('of many items those that wait stand first, and the others are counted', async () => {
	const change = (actions: Action[]) =>
		actions.map(action => ({
			...action,
			precondition: async (input: unknown) =>
				(input as {note: string}).note === 'row-38'
					? {kind: 'unknown' as const, say: 'Nobody answers.'}
					: {kind: 'holds' as const},
		}));
	const room = await openPlan({columns: 60, rows: 16}, change);
	await room.until('used');
	room.press('X');
	await room.until('2960 left');
	room.press('\r');
	await room.until('approve?');
	room.press('approve\r');

	const screen = await room.until('39 done, 1 waits');
	expect(screen).toMatch(/❯ team\/app-38:1 mend +waits/);
	expect(screen).toContain('Nobody answers.');
	expect(screen).not.toContain('team/app-0:1');
	room.press('h');
	await room.until('What was done?');
	room.press('restored it\r');
	await room.small.until(({incident}) => incident.visits.some(({step}) => step === 'prove'));
	await room.leave();
}, 120_000);
