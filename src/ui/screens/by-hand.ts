import {openDialog} from '../draw/panes/dialog.ts';
import type {Row} from '../draw/pen.ts';
import type {Screen} from './screen.ts';

/** Instructions with commands to copy; the person says whether it was done. */
export const byHandScreen: Screen<'by-hand'> = {
	places: ['by-hand'],
	draw({visit, commands}, {cursor}, {pen, width, incident}) {
		const prose = incident.runbook.steps.find(({id}) => id === visit.step)?.prose ?? '';
		const rows: Row[] = [...(prose === '' ? [] : [...pen.wrap(prose, width), []])];
		let focus: readonly [number, number] | undefined;
		for (const [at, command] of commands.entries()) {
			const picked = at === cursor;
			const drawn = pen.wrap(
				command,
				width,
				picked ? 'strong' : 'plain',
				pen.row([picked ? `${pen.glyphs.cursor} ` : '  ', 'accent'], ['$ ', 'dim']),
			);
			focus = picked ? [rows.length, rows.length + drawn.length - 1] : focus;
			rows.push(...drawn);
		}

		rows.push(
			[],
			pen.row(
				[' y', 'strong'],
				' copies the marked command   ',
				['d', 'strong'],
				' done   ',
				['c', 'strong'],
				' could not',
			),
		);
		return {title: `${visit.title} ${pen.glyphs.dot} by hand`, rows, ...(focus ? {focus} : {})};
	},
	next: () => 'By hand: say when it is done, or what keeps you from it.',
	act({visit}, state, intent, stage) {
		const {step, attempt} = visit;
		switch (intent) {
			case 'hand-done':
				return [state, [{do: 'say', happening: {type: 'hand.reported', outcome: 'done', step, attempt}}]];
			case 'hand-could-not':
				return openDialog('could-not', state, stage);
			default:
				return undefined;
		}
	},
	picks: ({commands}) => commands,
};
