import {clamp} from '../clamp.ts';
import {edit, type Field} from './field.ts';
import {type Intent, type KeyScope, keymap} from './keymap.ts';
import type {Press} from './press.ts';

/** A command is picked by its name: what is typed, where it was opened, and which of the matches is marked. */
export type Palette = {kind: 'command'; field: Field; scopes: readonly KeyScope[]; cursor: number};

type Command = {intent: Intent; title: string; key: string};

/** A person moves and edits with keys, and never types the names of these. */
const unnamed: readonly Intent[] = [
	...(['up', 'down', 'page-up', 'page-down', 'first', 'last'] as const),
	...(['focus', 'submit', 'cancel', 'clear', 'command'] as const),
];

/** The commands that match what is typed; those whose name begins with it come first. */
export function matchesOf({field, scopes}: Palette): Command[] {
	const typed = field.text.trim().toLowerCase();
	const commands = scopes
		.flatMap(scope => keymap.filter(({when}) => when === scope))
		.filter(({intent}) => !unnamed.includes(intent))
		.map(({intent, title, keys}): Command => ({intent, title, key: keys[0]}));
	const named = [...new Map(commands.toReversed().map(command => [command.intent, command])).values()].toReversed();
	const begins = ({title}: Command) => title.startsWith(typed);
	return [...named.filter(begins), ...named.filter(each => !begins(each) && each.title.includes(typed))];
}

/** One key while the palette is open: it stays open, runs a command, or says why not. */
export function pressInPalette(palette: Palette, press: Press): {open: Palette} | {run: Intent} | {refused: string} {
	const matches = matchesOf(palette);
	const {field, cursor} = palette;
	const by = {up: -1, down: 1, tab: 1}[press];
	if (by !== undefined) {
		return {open: {...palette, cursor: clamp(cursor + by, 0, Math.max(0, matches.length - 1))}};
	}

	if (press === 'enter') {
		const chosen = matches[cursor];
		return chosen ? {run: chosen.intent} : {refused: `"${field.text.trim()}" is not a command here; esc goes back.`};
	}

	return {open: {...palette, field: edit(field, press) ?? field, cursor: 0}};
}
