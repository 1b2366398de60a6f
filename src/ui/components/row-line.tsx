import {Text} from 'ink';
import {memo} from 'react';
import type {Row} from '../draw/pen.ts';
import {lookOf} from '../draw/theme.ts';

type RowLineProps = {row: Row; colors: boolean};

/**
 * The one place where text is handed to the terminal. A span's text is Visible by its type.
 * Most lines of a frame are those of the frame before: they are not drawn again.
 */
export const RowLine = memo(function RowLine({row, colors}: RowLineProps) {
	return <Text wrap="truncate">{row.length === 0 ? ' ' : merged(row, colors).map(drawSpan)}</Text>;
}, isSame);

type Piece = {text: string; look: ReturnType<typeof lookOf> | undefined};

function drawSpan({text, look}: Piece, at: number) {
	return look ? (
		<Text key={at} {...look}>
			{text}
		</Text>
	) : (
		text
	);
}

/** Neighbours that look the same are one piece. */
function merged(row: Row, colors: boolean): Piece[] {
	const pieces: (Piece & {tone: string})[] = [];
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
