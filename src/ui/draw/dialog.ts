import {currentStep, currentVisit, type Incident} from '../../domain/incident/incident.ts';
import {findStep, isStop, type Route} from '../../domain/runbook/runbook.ts';
import {clamp} from '../clamp.ts';
import {outcomeOf} from '../state/dialog.ts';
import type {Field} from '../state/field.ts';
import {matchesOf, type Palette} from '../state/palette.ts';
import type {Dialog} from '../state/screen-state.ts';
import type {Pen, Piece, Row} from './pen.ts';

const mostCommands = 8;

export function drawDialog(dialog: Dialog, incident: Incident, pen: Pen, width: number): Row[] {
	const ask = (text: string) => pen.wrap(text, width, 'accent');
	const step = currentStep(incident)?.title ?? 'this step';

	switch (dialog.kind) {
		case 'leave':
			return [
				...ask('Leave?'),
				...pen.wrap(afterLeaving(incident), width),
				pen.row([' y', 'strong'], ' leaves   any other key stays'),
			];
		case 'decline':
			return [
				...ask('Decline? Nothing is changed, and you decide again.'),
				pen.row([' y', 'strong'], ' or ', ['esc', 'strong'], ' declines   any other key goes back'),
			];
		case 'note':
			return [...ask('Note for the journal:'), drawField(dialog.field, pen, width)];
		case 'back':
			return [...ask('Decide again. Why?'), drawField(dialog.field, pen, width)];
		case 'could-not':
			return [...ask('Why could it not be done?'), drawField(dialog.field, pen, width)];
		case 'search':
			return [pen.row(['Search the log:', 'accent']), drawField(dialog.field, pen, width)];
		case 'command':
			return drawPalette(dialog, pen, width);
		default: {
			const isSkip = dialog.kind === 'skip';
			if (dialog.chosen) {
				const chosen = outcomeOf(dialog);
				const why = isSkip
					? `Skip "${step}" as "${chosen}". Why?`
					: `"${step}" was done by hand: "${chosen}". What was done?`;
				return [...ask(why), drawField(dialog.field, pen, width)];
			}

			return [
				...ask(
					isSkip ? `Skip "${step}". Continue as if its outcome were:` : `"${step}" was done by hand. Its outcome:`,
				),
				...drawOutcomes(dialog, incident, pen, width),
			];
		}
	}
}

function drawOutcomes(
	{outcomes, cursor}: Extract<Dialog, {outcomes: string[]}>,
	incident: Incident,
	pen: Pen,
	width: number,
): Row[] {
	const widest = Math.max(...outcomes.map(outcome => outcome.length));
	return outcomes.map((outcome, at) =>
		pen.cut(
			pen.row(
				[at === cursor ? ` ${pen.glyphs.cursor} ` : '   ', 'accent'],
				pen.column(outcome, widest, at === cursor ? 'strong' : 'plain'),
				[`  ${pen.glyphs.arrow} ${leadsTo(incident, outcome)}`, 'dim'],
			),
			width,
		),
	);
}

/** The line of a dialog that must stay in sight. */
export function dialogLine(dialog: Dialog): number | undefined {
	return 'outcomes' in dialog && !dialog.chosen ? dialog.cursor + 1 : undefined;
}

function leadsTo(incident: Incident, outcome: string): string {
	const route: Route | undefined = currentStep(incident)?.outcomes[outcome];
	return !route ? '' : isStop(route) ? `stop: ${route.say}` : (findStep(incident.runbook, route.to)?.title ?? route.to);
}

/** What continues without regmedic. */
function afterLeaving(incident: Incident): string {
	const {phase} = incident;
	const visit = currentVisit(incident);
	const changing = visit !== undefined && visit.effect !== 'read';
	if (changing && (phase.kind === 'running' || phase.kind === 'unsure')) {
		return `"${visit.title}" has started and continues without regmedic. After resuming, regmedic checks its outcome.`;
	}

	return phase.kind === 'gate'
		? 'Nothing was changed at this gate; resuming shows it again.'
		: 'Nothing keeps running; resuming continues here.';
}

function drawPalette(palette: Palette, pen: Pen, width: number): Row[] {
	const matches = matchesOf(palette);
	const {field, cursor} = palette;
	const from = clamp(cursor - mostCommands + 1, 0, Math.max(0, matches.length - mostCommands));
	const left = matches.length - from - mostCommands;
	return [
		pen.row(['Command:', 'accent']),
		drawField(field, pen, width),
		...matches
			.slice(from, from + mostCommands)
			.map(({title, key}, at) =>
				pen.cut(
					pen.row(
						[at + from === cursor ? ` ${pen.glyphs.cursor} ` : '   ', 'accent'],
						pen.column(title, 24, at + from === cursor ? 'strong' : 'plain'),
						[` ${key}`, 'dim'],
					),
					width,
				),
			),
		...(matches.length === 0 ? [pen.row(['   no command has this name', 'dim'])] : []),
		...(left > 0 ? [pen.row([`   ${pen.glyphs.down} ${left} more`, 'dim'])] : []),
	];
}

/** @param ghost shown faintly while nothing is typed */
export function drawField(field: Field, pen: Pen, width: number, {ghost = '', active = true} = {}): Row {
	const {cursor, caret} = pen.glyphs;
	const characters = [...field.text];
	// The caret stays in sight when the line is longer than the field.
	const room = Math.max(4, width - 6);
	const from = Math.max(0, field.at - room);
	const pieces: Piece[] = [
		[` ${cursor} `, active ? 'accent' : 'dim'],
		[characters.slice(from, field.at).join(''), 'strong'],
		...(active ? [[caret, 'accent'] as const] : []),
		[characters.slice(field.at, from + room).join(''), 'strong'],
		[field.text === '' ? ghost : '', 'dim'],
	];
	return pen.cut(pen.row(...pieces), width);
}
