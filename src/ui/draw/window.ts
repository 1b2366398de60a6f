import {clamp} from '../state/arrangement.ts';
import type {Pen, Row} from './pen.ts';

/** Part of many lines. `base` is where it stands unscrolled, `end` the furthest it goes. */
export type Seen = {rows: Row[]; offset: number; base: number; end: number};

/** The lines in sight: round what is picked, moved on by as much as was scrolled. */
export function windowOf(
	rows: readonly Row[],
	height: number,
	focus: readonly [number, number] | undefined,
	scrolled: number,
): Seen {
	const end = Math.max(0, rows.length - height);
	const [from, to] = focus ?? [0, 0];
	const middle = Math.floor((from + to + 1 - height) / 2);
	const base = to < height ? 0 : clamp(Math.min(Math.max(middle, to - height + 1), from), 0, end);
	const offset = clamp(base + scrolled, 0, end);
	return {rows: rows.slice(offset, offset + height), offset, base, end};
}

/** How much is above and below, for the border. */
export function moreOf({offset, end}: Seen, pen: Pen): Row {
	const {up, down} = pen.glyphs;
	const above = offset > 0 ? `${up} ${offset} more` : '';
	const below = end > offset ? `${down} ${end - offset} more` : '';
	return pen.row([[above, below].filter(part => part !== '').join('  '), 'dim']);
}
