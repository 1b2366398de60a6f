import {proseBlocks} from '../../domain/runbook/prose.ts';
import type {Formatter, Row} from './formatter.ts';

/** A runbook's prose: paragraphs wrapped anew, commands exactly as written. */
export function drawProse(markdown: string, format: Formatter, width: number): Row[] {
	return proseBlocks(markdown).flatMap((block, at) => [
		...(at === 0 ? [] : [[]]),
		...(block.kind === 'code'
			? block.lines.flatMap(line => format.wrap(line, width, 'plain', format.row('  ')))
			: block.lines.flatMap(({mark, text}) => format.wrap(text, width, 'plain', format.row(mark)))),
	]);
}
