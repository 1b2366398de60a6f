import {clamp} from '../clamp.ts';
import {type Formatter, type Row, rowWidth} from './formatter.ts';
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
export function drawPane({title, rows, width, height, more}: Pane, tone: Tone, format: Formatter): Row[] {
	const {topLeft, topRight, bottomLeft, bottomRight, across, down} = format.glyphs.border;
	const side = format.row([down, tone]);
	const inner = width - 2;
	const line = (row: Row): Row => {
		const shown = format.cut([...format.row(' '), ...row], inner - 1);
		return [...side, ...shown, format.span(' '.repeat(inner - rowWidth(shown))), ...side];
	};
	const border = (left: string, right: string, label: Row, atEnd: boolean): Row => {
		const shown =
			rowWidth(label) === 0 ? [] : format.cut([...format.row(' '), ...label, ...format.row(' ')], inner - 2);
		const rest = format.row([across.repeat(Math.max(0, inner - rowWidth(shown) - 1)), tone]);
		const end = format.row([across, tone]);
		return [
			...format.row([left, tone]),
			...(atEnd ? [...rest, ...shown, ...end] : [...end, ...shown, ...rest]),
			...format.row([right, tone]),
		];
	};

	const body = Array.from({length: Math.max(0, height - 2)}, (_, at) => rows[at] ?? []);
	return [border(topLeft, topRight, title, false), ...body.map(line), border(bottomLeft, bottomRight, more, true)];
}

/** Lines, and the first and the last of them to keep in sight: those of the row that is picked. */
export type FocusedRows = {rows: Row[]; focus?: readonly [number, number]};

/** Some of many lines. `base`: where they start unscrolled; `end`: the furthest they can start. */
type ScrolledRows = {rows: Row[]; offset: number; base: number; end: number};

/**
 * The lines in sight: those around the focus, scrolled on from there.
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
export function drawMore({offset, end}: ScrolledRows, format: Formatter): Row {
	const {up, down} = format.glyphs;
	const above = offset > 0 ? `${up} ${offset} more` : '';
	const below = end > offset ? `${down} ${end - offset} more` : '';
	return format.row([[above, below].filter(part => part !== '').join('  '), 'dim']);
}
