import {Box, Text} from 'ink';
import {memo} from 'react';
import type {Row} from '../draw/formatter.ts';
import {type Look, lookOf} from '../draw/theme.ts';

type RowsProps = {rows: readonly Row[]; width: number; height: number; colors: boolean};

/** Lines of the screen, exactly as wide and as high as this. */
export function Rows({rows, width, height, colors}: RowsProps) {
	return (
		<Box width={width} height={height} flexDirection="column" flexShrink={0} overflow="hidden">
			{rows.map((row, at) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: lines have places, not names
				<RowLine key={at} row={row} colors={colors} />
			))}
		</Box>
	);
}

type RowLineProps = {row: Row; colors: boolean};

/**
 * The one place where text is handed to the terminal. A span's text is Visible by its type.
 * Most lines of a frame are those of the frame before: they are not rendered again.
 */
const RowLine = memo(function RowLine({row, colors}: RowLineProps) {
	return <Text wrap="truncate">{row.length === 0 ? ' ' : merged(row, colors).map(renderPiece)}</Text>;
}, isSame);

type StyledPiece = {text: string; look: Look | undefined};

function renderPiece({text, look}: StyledPiece, at: number) {
	return look ? (
		<Text key={at} {...look}>
			{text}
		</Text>
	) : (
		text
	);
}

/** Neighbours of one tone are one piece. */
function merged(row: Row, colors: boolean): StyledPiece[] {
	const pieces: (StyledPiece & {tone: string})[] = [];
	for (const {text, tone} of row) {
		const shown = colors ? tone : 'plain';
		const last = pieces.at(-1);
		if (last?.tone === shown) {
			last.text += text;
		} else {
			pieces.push({text, tone: shown, look: shown === 'plain' ? undefined : lookOf(tone, colors)});
		}
	}

	return pieces;
}

function isSame(before: RowLineProps, after: RowLineProps): boolean {
	return (
		before.colors === after.colors &&
		before.row.length === after.row.length &&
		before.row.every(({text, tone}, at) => text === after.row[at]!.text && tone === after.row[at]!.tone)
	);
}
