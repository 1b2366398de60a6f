import {drawTitle} from './header.ts';
import {drawPane} from './pane.ts';
import type {Pen, Row} from './pen.ts';

/** What is shown until the incident is open. */
export type Intro = {title: string; story: string; drill: boolean};

export function drawLoading({title, story, drill}: Intro, pen: Pen, size: {columns: number; rows: number}): Row[] {
	const {columns, rows} = size;
	const pane = {
		title: pen.row([title, 'strong']),
		rows: pen.wrap(story, columns - 4),
		width: columns,
		height: rows - 3,
		more: [],
	};
	const status = drill ? 'Setting up the rehearsal on this machine …' : 'Opening the incident …';
	return [
		drawTitle(drill, pen, columns),
		...drawPane(pane, drill ? 'rehearsal' : 'real', pen),
		pen.cut(pen.row(` ${status}`), columns),
		pen.cut(pen.row([' q', 'strong'], ' leave'), columns),
	];
}
