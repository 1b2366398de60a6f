import {keymap, type When} from '../keymap.ts';
import type {Pen, Row} from '../pen.ts';

const places: [When, string][] = [
	['anywhere', 'Everywhere'],
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

/** The help page: the keymap, as it is. */
export function drawHelp(pen: Pen, width: number): Row[] {
	return places.flatMap(([place, title], at) => [
		...(at === 0 ? [] : [[]]),
		pen.row([title, 'accent']),
		...keymap
			.filter(({when}) => when === place)
			.map(({keys, title: does}) => pen.cut(pen.row('  ', pen.column(keys.join(' '), 14, 'strong'), does), width)),
	]);
}
