import type {LogLine} from '../../engine/session/view.ts';
import type {LogState} from '../state/log.ts';
import type {Formatter, Row} from './formatter.ts';
import type {Pane} from './pane.ts';

type LogPane = {lines: readonly LogLine[]; log: LogState; focused: boolean; width: number; height: number};

export function drawLogPane({lines, log, focused, width, height}: LogPane, format: Formatter): Pane {
	const below = log.at === undefined ? 0 : (lines.at(-1)?.number ?? 0) - log.at;
	const searched = log.search === '' ? '' : ` ${format.glyphs.dot} "${log.search}"`;
	const more = below > 0 ? `${format.glyphs.down} ${below} more` : lines.length === 0 ? 'nothing yet' : 'follows';
	return {
		title: format.row([`Log${searched}`, focused ? 'strong' : 'plain']),
		rows: drawLines(lines, log, format, {width: width - 4, height: height - 2}),
		width,
		height,
		more: format.row([more, 'dim']),
	};
}

/** Only the lines in sight are measured. */
function drawLines(
	lines: readonly LogLine[],
	{at = Number.POSITIVE_INFINITY, found}: LogState,
	format: Formatter,
	{width, height}: {width: number; height: number},
): Row[] {
	const first = lines[0]?.number ?? 0;
	const end = Math.min(lines.length, Math.max(height, at - first + 1));
	return lines
		.slice(Math.max(0, end - height), end)
		.map(({number, text}) =>
			format.cut(
				number === found ? format.row([`${format.glyphs.cursor} `, 'accent'], [text, 'accent']) : format.row(text),
				width,
			),
		);
}
