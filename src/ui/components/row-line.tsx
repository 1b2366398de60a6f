import {Text} from 'ink';
import type {Row} from '../pen.ts';
import {lookOf} from '../theme.ts';

/** The one place where text is handed to the terminal. A span's text is Visible by its type. */
export function RowLine({row, colors}: {row: Row; colors: boolean}) {
	return (
		<Text wrap="truncate">
			{row.length === 0
				? ' '
				: row.map(({text, tone}, at) => (
						// biome-ignore lint/suspicious/noArrayIndexKey: a line is replaced as a whole
						<Text key={at} {...lookOf(tone, colors)}>
							{text}
						</Text>
					))}
		</Text>
	);
}
