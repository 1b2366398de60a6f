import {keymap, type When} from '../../state/keymap.ts';
import type {Pen, Row} from '../pen.ts';

const places: [When, string][] = [
	['held', 'When a step has ended'],
	['choose', 'Deciding'],
	['gate', 'At a gate'],
	['answerable', 'Beside a line of text'],
	['typing', 'In a line of text'],
	['tick', 'In a list to tick'],
	['by-hand', 'By hand'],
	['unsure', 'When a change may have happened'],
	['stuck', 'When the runbook cannot go on'],
	['log', 'In the log'],
	['found', 'After a search'],
	['page', 'On a page like this'],
	['stopped', 'At the end'],
];

/**
 * The help page: the keymap, as it is; what works now stands first.
 * @param now where keys are looked up at this moment, the nearest first
 */
export function drawHelp(now: readonly When[], pen: Pen, width: number): Row[] {
	const here = now.filter(place => place !== 'anywhere');
	const isTyping = here.includes('typing');
	const taken = new Set<string>();
	// What a nearer place does with a key hides what this one would.
	const works = here
		.flatMap(place => keymap.filter(({when}) => when === place))
		.map(row => ({...row, keys: row.keys.filter(key => !taken.has(key) && taken.add(key))}))
		.filter(({keys}) => keys.length > 0);
	return [
		...(works.length === 0 ? [] : [...section('Now', works, pen, width), []]),
		...section(isTyping ? 'Everywhere, when tab has left the line' : 'Everywhere', rowsAt('anywhere'), pen, width),
		...places
			.filter(([place]) => !now.includes(place))
			.flatMap(([place, title]) => [[], ...section(title, rowsAt(place), pen, width)]),
	];
}

type Line = {keys: readonly string[]; title: string};

/** What has a place in the last line before the keys of the hand. */
function rowsAt(place: When): Line[] {
	return keymap.filter(({when}) => when === place).toSorted((a, b) => Number('bar' in b) - Number('bar' in a));
}

function section(heading: string, lines: readonly Line[], pen: Pen, width: number): Row[] {
	return [
		pen.row([heading, 'accent']),
		...lines.map(({keys, title}) => pen.cut(pen.row('  ', pen.column(keys.join(' '), 14, 'strong'), title), width)),
	];
}
