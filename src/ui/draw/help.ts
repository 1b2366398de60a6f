import {upperFirst} from '../../domain/text/wording.ts';
import {type KeyScope, keymap, keyScopes} from '../state/keymap.ts';
import type {Formatter, Row} from './formatter.ts';

/**
 * The help page: the keymap, as it is; what works now stands first.
 * @param now the scopes that hold at this moment, the nearest first
 */
export function drawHelp(now: readonly KeyScope[], format: Formatter, width: number): Row[] {
	const here = now.filter(scope => scope !== 'anywhere');
	const isTyping = here.includes('typing');
	const taken = new Set<string>();
	// A key of a nearer scope hides the same key of this one.
	const works = here
		.flatMap(scope => keymap.filter(({when}) => when === scope))
		.map(row => ({...row, keys: row.keys.filter(key => !taken.has(key) && taken.add(key))}))
		.filter(({keys}) => keys.length > 0);
	const elsewhere = (Object.keys(keyScopes) as KeyScope[]).filter(
		scope => !now.includes(scope) && scope !== 'anywhere',
	);
	return [
		...(works.length === 0 ? [] : [...section('Now', works, format, width), []]),
		...section(isTyping ? 'Anywhere, once tab has left the text field' : 'Anywhere', rowsAt('anywhere'), format, width),
		...elsewhere.flatMap(scope => [[], ...section(upperFirst(keyScopes[scope]), rowsAt(scope), format, width)]),
	];
}

type Line = {keys: readonly string[]; title: string};

/** The keys that the last line names come before those that move. */
function rowsAt(scope: KeyScope): Line[] {
	return keymap.filter(({when}) => when === scope).toSorted((a, b) => Number('bar' in b) - Number('bar' in a));
}

function section(heading: string, lines: readonly Line[], format: Formatter, width: number): Row[] {
	return [
		format.row([heading, 'accent']),
		...lines.map(({keys, title}) =>
			format.cut(format.row('  ', format.column(keys.join(' '), 14, 'strong'), title), width),
		),
	];
}
