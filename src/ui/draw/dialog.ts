import {currentStep, currentVisit, type Incident} from '../../domain/incident/incident.ts';
import {findStep, isStop, type Route} from '../../domain/runbook/runbook.ts';
import {clamp} from '../clamp.ts';
import {outcomeOf} from '../state/dialog.ts';
import type {Field} from '../state/field.ts';
import {matchesOf, type Palette} from '../state/palette.ts';
import type {Dialog} from '../state/screen-state.ts';
import type {Formatter, Piece, Row} from './formatter.ts';

const mostCommands = 8;

export function drawDialog(dialog: Dialog, incident: Incident, format: Formatter, width: number): Row[] {
	const ask = (text: string) => format.wrap(text, width, 'accent');
	const step = currentStep(incident)?.title ?? 'this step';

	switch (dialog.kind) {
		case 'leave':
			return [
				...ask('Leave?'),
				...format.wrap(afterLeaving(incident), width),
				format.row([' y', 'strong'], ' leaves   any other key stays'),
			];
		case 'decline':
			return [
				...ask('Decline? Nothing is changed, and you decide again.'),
				format.row([' y', 'strong'], ' or ', ['esc', 'strong'], ' declines   any other key goes back'),
			];
		case 'note':
			return [...ask('Note for the journal:'), drawField(dialog.field, format, width)];
		case 'back':
			return [...ask('Decide again. Why?'), drawField(dialog.field, format, width)];
		case 'could-not':
			return [...ask('Why could it not be done?'), drawField(dialog.field, format, width)];
		case 'item-skip':
			return [...ask(`Skip "${dialog.title}". Why?`), drawField(dialog.field, format, width)];
		case 'item-by-hand':
			return [...ask(`"${dialog.title}" was done by hand. What was done?`), drawField(dialog.field, format, width)];
		case 'item-again':
			return [...ask(`Order "${dialog.title}" again: type ${dialog.phrase}`), drawField(dialog.field, format, width)];
		case 'search':
			return [format.row(['Search the log:', 'accent']), drawField(dialog.field, format, width)];
		case 'command':
			return drawPalette(dialog, format, width);
		default: {
			const isSkip = dialog.kind === 'skip';
			if (dialog.chosen) {
				const chosen = outcomeOf(dialog);
				const why = isSkip
					? `Skip "${step}" as "${chosen}". Why?`
					: `"${step}" was done by hand: "${chosen}". What was done?`;
				return [...ask(why), drawField(dialog.field, format, width)];
			}

			return [
				...ask(
					isSkip ? `Skip "${step}". Continue as if its outcome were:` : `"${step}" was done by hand. Its outcome:`,
				),
				...drawOutcomes(dialog, incident, format, width),
			];
		}
	}
}

function drawOutcomes(
	{outcomes, cursor}: Extract<Dialog, {outcomes: string[]}>,
	incident: Incident,
	format: Formatter,
	width: number,
): Row[] {
	const widest = Math.max(...outcomes.map(outcome => outcome.length));
	return outcomes.map((outcome, at) =>
		format.cut(
			format.row(
				[at === cursor ? ` ${format.glyphs.cursor} ` : '   ', 'accent'],
				format.column(outcome, widest, at === cursor ? 'strong' : 'plain'),
				[`  ${format.glyphs.arrow} ${leadsTo(incident, outcome)}`, 'dim'],
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

function drawPalette(palette: Palette, format: Formatter, width: number): Row[] {
	const matches = matchesOf(palette);
	const {field, cursor} = palette;
	const from = clamp(cursor - mostCommands + 1, 0, Math.max(0, matches.length - mostCommands));
	const left = matches.length - from - mostCommands;
	return [
		format.row(['Command:', 'accent']),
		drawField(field, format, width),
		...matches
			.slice(from, from + mostCommands)
			.map(({title, key}, at) =>
				format.cut(
					format.row(
						[at + from === cursor ? ` ${format.glyphs.cursor} ` : '   ', 'accent'],
						format.column(title, 24, at + from === cursor ? 'strong' : 'plain'),
						[` ${key}`, 'dim'],
					),
					width,
				),
			),
		...(matches.length === 0 ? [format.row(['   no command has this name', 'dim'])] : []),
		...(left > 0 ? [format.row([`   ${format.glyphs.down} ${left} more`, 'dim'])] : []),
	];
}

/** @param ghost shown faintly while nothing is typed */
export function drawField(field: Field, format: Formatter, width: number, {ghost = '', active = true} = {}): Row {
	const {cursor, caret} = format.glyphs;
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
	return format.cut(format.row(...pieces), width);
}
