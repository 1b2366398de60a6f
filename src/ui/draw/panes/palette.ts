import {clamp} from '../../state/arrangement.ts';
import {type Intent, keymap, type When} from '../../state/keymap.ts';
import type {Press} from '../../state/press.ts';
import type {Pen, Row} from '../pen.ts';
import {drawField, edit, type Field} from './field.ts';

/** A command by its name: what is typed, where it was opened, and which of the matches is marked. */
export type Palette = {is: 'command'; field: Field; places: readonly When[]; cursor: number};

type Command = {intent: Intent; title: string; key: string};

/** Keys of the hand: nobody types their names. */
const moves: readonly Intent[] = [
	...(['up', 'down', 'page-up', 'page-down', 'first', 'last'] as const),
	...(['focus', 'submit', 'cancel', 'clear', 'command'] as const),
];
const mostShown = 8;

/** What the typed words may mean here: those that begin so before those that only hold them. */
export function matchesOf({field, places}: Palette): Command[] {
	const typed = field.text.trim().toLowerCase();
	const commands = places
		.flatMap(place => keymap.filter(({when}) => when === place))
		.filter(({intent}) => !moves.includes(intent))
		.map(({intent, title, keys}): Command => ({intent, title, key: keys[0]}));
	const named = [...new Map(commands.toReversed().map(command => [command.intent, command])).values()].toReversed();
	const begins = ({title}: Command) => title.startsWith(typed);
	return [...named.filter(begins), ...named.filter(each => !begins(each) && each.title.includes(typed))];
}

export type PaletteTurn = {open: Palette} | {run: Intent} | {refused: string};

/** One key while it is open. */
export function pressInPalette(palette: Palette, press: Press): PaletteTurn {
	const matches = matchesOf(palette);
	const {field, cursor} = palette;
	const by = {up: -1, down: 1, tab: 1}[press];
	if (by !== undefined) {
		return {open: {...palette, cursor: clamp(cursor + by, 0, Math.max(0, matches.length - 1))}};
	}

	if (press === 'enter') {
		const chosen = matches[cursor];
		return chosen ? {run: chosen.intent} : {refused: `"${field.text.trim()}" is no command here; esc goes back.`};
	}

	return {open: {...palette, field: edit(field, press) ?? field, cursor: 0}};
}

export function drawPalette(palette: Palette, pen: Pen, width: number): Row[] {
	const matches = matchesOf(palette);
	const {field, cursor} = palette;
	const from = clamp(cursor - mostShown + 1, 0, Math.max(0, matches.length - mostShown));
	const left = matches.length - from - mostShown;
	return [
		pen.row(['Command:', 'accent']),
		drawField(field, pen, width),
		...matches
			.slice(from, from + mostShown)
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
		...(matches.length === 0 ? [pen.row(['   no command is called so here', 'dim'])] : []),
		...(left > 0 ? [pen.row([`   ${pen.glyphs.down} ${left} more`, 'dim'])] : []),
	];
}
