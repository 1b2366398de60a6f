import {expect, test} from 'vitest';
import {outcomeOfItem} from '../../src/domain/incident/item.ts';
import type {Action, Precondition} from '../../src/engine/actions/action.ts';
import {openScreen} from '../../src/ui/open-screen.tsx';
import {planPage} from '../support/plan-page.ts';
import {openSmallSession} from '../support/small-session.ts';
import {createTerminal} from '../support/terminal.ts';

const rows = [
	{id: 'base', title: 'infra-ci:latest'},
	{id: 'web', title: 'web/shop:1.4, 1.4.2', after: ['base'], remedies: [{remedy: 'mend', why: 'all bytes are here'}]},
	{id: 'tools', title: 'tools:7', recommended: 'wipe'},
];

/** @param found when the changes of its remedies are known; absent: at once */
async function openPlan(size: {columns: number; rows: number}, found?: Promise<void>) {
	const unclear: Precondition[] = [{kind: 'unknown', say: 'Nobody answers.'}];
	const change = (actions: Action[]) =>
		actions.map(action => ({
			...action,
			gate: async (...asked: Parameters<NonNullable<Action['gate']>>) => {
				await found;
				return action.gate!(...asked);
			},
			precondition: async (input: unknown) =>
				((input as {note: string}).note === 'tools' && unclear.shift()) || {kind: 'holds' as const},
		}));
	const small = await openSmallSession({page: planPage(rows), change});
	await small.phase(found === undefined ? 'asking' : 'preparing');
	const terminal = createTerminal(size);
	let read = 0;
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
		press(keys: string) {
			read += 400;
			terminal.press(keys);
		},
		async leave() {
			terminal.press('\u0003');
			await closed.catch(() => {});
		},
	};
}

test.each([
	{columns: 80, rows: 24},
	{columns: 60, rows: 16},
])(
	'a plan is settled, approved and carried out on $columns×$rows',
	async size => {
		const room = await openPlan(size);
		let screen = await room.until('3 rows');
		expect(screen).toMatch(/infra-ci:latest +mend/);
		expect(screen).toMatch(/tools:7 +wipe/);

		room.press('\u001b[B');
		screen = await room.until('all bytes are here');
		room.press(' ');
		await room.until('1 left');
		screen = await room.until('or   mend');
		expect(screen, 'the marked row stays marked').toMatch(/web\/shop:1\.4, 1\.4\.2 +leave/);
		room.press(' ');
		await room.until('undo none');

		room.press('\r');
		await room.until('approve?');
		screen = await room.until('1 registry.example');
		expect(screen).toContain('type:  1 registry.example');
		room.press('1 registry.example\r');
		screen = await room.until('Apply · 2 of 3');
		expect(screen).toMatch(/Apply . 2 of 3/);
		expect(screen).toMatch(/infra-ci:latest mend +done/);
		expect(screen).toMatch(/tools:7 wipe +waits/);

		room.press('\u001b[B');
		room.press('\u001b[B');
		await room.until('Nobody answers.');
		room.press('h');
		await room.until('What was done?');
		room.press('restored it\r');
		const view = await room.small.until(({incident}) => incident.visits.some(({step}) => step === 'prove'));
		expect(view.incident.visits.find(({step}) => step === 'apply')!.items!.map(outcomeOfItem)).toEqual([
			'done',
			'done',
			'by-hand',
		]);
		// What became of each item stays on the screen of the step.
		await room.until('What now?');
		room.press('\u001b[D');
		room.press('\u001b[D');
		screen = await room.until('3 of 3 items done.');
		expect(screen).toMatch(/✔ infra-ci:latest mend +done/);
		expect(screen).toMatch(/✔ tools:7 wipe +by-hand/);
		await room.leave();
	},
	60_000,
);

test.each([
	{columns: 80, rows: 24},
	{columns: 60, rows: 16},
])(
	'a row is marked now with what it needs, and the gate shows only these, on $columns×$rows',
	async size => {
		const room = await openPlan(size);
		await room.until('3 rows');
		room.press('\u001b[B');
		await room.until('all bytes are here');
		room.press('N');
		let screen = await room.until('2 now, 1 later');
		expect(screen).toMatch(/infra-ci:latest +needed now, mend/);
		expect(screen).toMatch(/web\/shop:1\.4, 1\.4\.2 +now, mend/);
		expect(screen).toMatch(/tools:7 +wipe/);
		room.press('N');
		await room.until('enter accepts the plan as it stands');
		room.press('N');
		await room.until('2 now, 1 later');

		room.press('\r');
		screen = await room.until('approve?');
		expect(screen).toContain('1 row was put off to the next plan.');
		expect(screen).not.toContain('tools:7');
		expect(
			room.small.session
				.current()
				.incident.visits.at(-1)!
				.items!.map(({row}) => row),
		).toEqual(['base', 'web']);
		await room.leave();
	},
	60_000,
);

test.each([
	{columns: 80, rows: 24},
	{columns: 60, rows: 16},
	{columns: 200, rows: 50},
])(
	'while the changes are looked up, enter is not offered on $columns×$rows, and says why it does nothing',
	async size => {
		const {promise, resolve} = Promise.withResolvers<void>();
		const room = await openPlan(size, promise);
		let screen = await room.until('looking up the changes');
		expect(screen).toContain('The changes are still being looked up');
		expect(screen).not.toContain('accept the plan');

		room.press('\r');
		await room.until('enter does nothing here.');
		expect(room.small.types()).not.toContain('plan.settled');

		resolve();
		await room.small.phase('asking');
		screen = await room.until('accept the plan');
		expect(screen).toContain('enter accepts the plan as it stands');
		room.press('\r');
		await room.until('approve?');
		await room.leave();
	},
);
