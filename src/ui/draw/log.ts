import type {LogLine} from '../../engine/session/view.ts';
import type {LogState} from '../state/log.ts';
import type {Pane} from './pane.ts';
import type {Pen, Row} from './pen.ts';

type LogPane = {lines: readonly LogLine[]; log: LogState; focused: boolean; width: number; height: number};

export function drawLogPane({lines, log, focused, width, height}: LogPane, pen: Pen): Pane {
	const below = log.at === undefined ? 0 : (lines.at(-1)?.number ?? 0) - log.at;
	const searched = log.search === '' ? '' : ` ${pen.glyphs.dot} "${log.search}"`;
	const more = below > 0 ? `${pen.glyphs.down} ${below} more` : lines.length === 0 ? 'nothing yet' : 'follows';
	return {
		title: pen.row([`Log${searched}`, focused ? 'strong' : 'plain']),
		rows: drawLines(lines, log, pen, {width: width - 4, height: height - 2}),
		width,
		height,
		more: pen.row([more, 'dim']),
	};
}

/** Only the lines in sight are measured. */
function drawLines(
	lines: readonly LogLine[],
	{at = Number.POSITIVE_INFINITY, found}: LogState,
	pen: Pen,
	{width, height}: {width: number; height: number},
): Row[] {
	const first = lines[0]?.number ?? 0;
	const end = Math.min(lines.length, Math.max(height, at - first + 1));
	return lines
		.slice(Math.max(0, end - height), end)
		.map(({number, text}) =>
			pen.cut(number === found ? pen.row([`${pen.glyphs.cursor} `, 'accent'], [text, 'accent']) : pen.row(text), width),
		);
}
