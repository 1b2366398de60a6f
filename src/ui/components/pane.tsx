import {Box} from 'ink';
import type {PaneFrame} from '../draw/frame.ts';
import {type Pen, type Row, rowWidth} from '../draw/pen.ts';
import type {Tone} from '../draw/theme.ts';
import {RowLine} from './row-line.tsx';

type PaneProps = {pane: PaneFrame; pen: Pen; tone: Tone; colors: boolean};

/** A box with its title in the upper border and how much more there is in the lower one. */
export function Pane({pane, pen, tone, colors}: PaneProps) {
	const {title, rows, width, height, more} = pane;
	const {topLeft, topRight, bottomLeft, bottomRight, across, down} = pen.glyphs.border;
	const side = pen.row([down, tone]);
	const inner = width - 2;
	const line = (row: Row): Row => {
		const shown = pen.cut([...pen.row(' '), ...row], inner - 1);
		return [...side, ...shown, pen.span(' '.repeat(inner - rowWidth(shown))), ...side];
	};
	const rule = (left: string, right: string, label: Row, atEnd: boolean): Row => {
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
	const lines = [rule(topLeft, topRight, title, false), ...body.map(line), rule(bottomLeft, bottomRight, more, true)];
	return (
		<Box flexDirection="column" width={width} height={height} flexShrink={0} overflow="hidden">
			{lines.map((row, at) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: lines have places, not names
				<RowLine key={at} row={row} colors={colors} />
			))}
		</Box>
	);
}
