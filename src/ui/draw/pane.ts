import {clamp} from '../clamp.ts';
import {type Pen, type Row, rowWidth} from './pen.ts';
import type {Tone} from './theme.ts';

/** A bordered part of the screen, its lines cut to what fits. */
export type Pane = {
	/** In the upper border. */
	title: Row;
	rows: readonly Row[];
	width: number;
	height: number;
	/** In the lower border: how much more there is. */
	more: Row;
};

/** The lines of a pane, borders included: exactly as many as it is high, each exactly as wide. */
export function drawPane({title, rows, width, height, more}: Pane, tone: Tone, pen: Pen): Row[] {
	const {topLeft, topRight, bottomLeft, bottomRight, across, down} = pen.glyphs.border;
	const side = pen.row([down, tone]);
	const inner = width - 2;
	const line = (row: Row): Row => {
		const shown = pen.cut([...pen.row(' '), ...row], inner - 1);
		return [...side, ...shown, pen.span(' '.repeat(inner - rowWidth(shown))), ...side];
	};
	const border = (left: string, right: string, label: Row, atEnd: boolean): Row => {
		const shown = rowWidth(label) === 0 ? [] : pen.cut([...pen.row(' '), ...label, ...pen.row(' ')], inner - 2);
		const rest = pen.row([across.repeat(Math.max(0, inner - rowWidth(shown) - 1)), tone]);
		const end = pen.row([across, tone]);
		return [
			...pen.row([left, tone]),
			...(atEnd ? [...rest, ...shown, ...end] : [...end, ...shown, ...rest]),
			...pen.row([right, tone]),
		];
	};

	const body = Array.from({length: Math.max(0, height - 2)}, (_, at) => rows[at] ?? []);
	return [border(topLeft, topRight, title, false), ...body.map(line), border(bottomLeft, bottomRight, more, true)];
}

/** Some of many lines. `base`: where they start unscrolled; `end`: the furthest they can start. */
type ScrolledRows = {rows: Row[]; offset: number; base: number; end: number};

/**
 * The lines in sight: those around the focus, scrolled on from there.
 * @param focus the first and the last line that should be in sight
 */
export function scrollRows(
	rows: readonly Row[],
	height: number,
	focus: readonly [number, number] | undefined,
	scrolled: number,
): ScrolledRows {
	const end = Math.max(0, rows.length - height);
	const [from, to] = focus ?? [0, 0];
	const middle = Math.floor((from + to + 1 - height) / 2);
	const base = to < height ? 0 : clamp(Math.min(Math.max(middle, to - height + 1), from), 0, end);
	const offset = clamp(base + scrolled, 0, end);
	return {rows: rows.slice(offset, offset + height), offset, base, end};
}

/** How much is above and below the lines in sight. */
export function drawMore({offset, end}: ScrolledRows, pen: Pen): Row {
	const {up, down} = pen.glyphs;
	const above = offset > 0 ? `${up} ${offset} more` : '';
	const below = end > offset ? `${down} ${end - offset} more` : '';
	return pen.row([[above, below].filter(part => part !== '').join('  '), 'dim']);
}
