import type {Row} from '../draw/formatter.ts';
import {drawProse} from '../draw/prose.ts';
import {openDialog} from '../state/dialog.ts';
import type {Screen} from './screen.ts';

/** Instructions with commands to copy; the person reports whether it was done. */
export const byHandScreen: Screen<'by-hand'> = {
	scopes: ['by-hand'],
	draw({visit, commands}, {cursor}, {format, width, incident}) {
		const prose = incident.runbook.steps.find(({id}) => id === visit.step)?.prose ?? '';
		const rows: Row[] = [...(prose === '' ? [] : [...drawProse(prose, format, width), []])];
		let focus: readonly [number, number] | undefined;
		for (const [at, command] of commands.entries()) {
			const picked = at === cursor;
			const drawn = format.wrap(
				command,
				width,
				picked ? 'strong' : 'plain',
				format.row([picked ? `${format.glyphs.cursor} ` : '  ', 'accent'], ['$ ', 'dim']),
			);
			focus = picked ? [rows.length, rows.length + drawn.length - 1] : focus;
			rows.push(...drawn);
		}

		rows.push(
			[],
			format.row(
				[' y', 'strong'],
				' copies the marked command   ',
				['d', 'strong'],
				' done   ',
				['c', 'strong'],
				' could not',
			),
		);
		return {title: `${visit.title} ${format.glyphs.dot} by hand`, rows, ...(focus ? {focus} : {})};
	},
	next: () => 'Press d when it is done, c if it could not be done.',
	act({visit}, state, intent, context) {
		const {step, attempt} = visit;
		switch (intent) {
			case 'hand-done':
				return [state, [{kind: 'send', event: {type: 'hand.reported', outcome: 'done', step, attempt}}]];
			case 'hand-could-not':
				return openDialog('could-not', state, context);
			default:
				return undefined;
		}
	},
	picks: ({commands}) => commands,
};
