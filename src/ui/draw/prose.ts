import {proseBlocks} from '../../domain/runbook/prose.ts';
import type {Pen, Row} from './pen.ts';

/** A runbook's prose: paragraphs wrapped anew, commands exactly as written. */
export function drawProse(markdown: string, pen: Pen, width: number): Row[] {
	return proseBlocks(markdown).flatMap((block, at) => [
		...(at === 0 ? [] : [[]]),
		...(block.kind === 'code'
			? block.lines.flatMap(line => pen.wrap(line, width, 'plain', pen.row('  ')))
			: block.lines.flatMap(({mark, text}) => pen.wrap(text, width, 'plain', pen.row(mark)))),
	]);
}
