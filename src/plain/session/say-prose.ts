import {visible} from '../../domain/text/visible.ts';
import {wrap} from '../../domain/text/wrap.ts';

/** A runbook's Markdown as lines: paragraphs wrapped anew, commands exactly as they stand. */
export function sayProse(markdown: string, indent = ''): string[] {
	return blocksOf(markdown).flatMap((block, at) => [
		...(at === 0 ? [] : ['']),
		...(block.is === 'code'
			? block.lines.map(line => `${indent}    ${line}`)
			: wrap(block.text, {first: indent, rest: indent})),
	]);
}

/** Enough to know what a step is for. How it is done without regmedic is not that. */
export function firstParagraph(markdown: string): string {
	const first = blocksOf(markdown)[0];
	return first?.is === 'text' && !first.text.startsWith('By hand:') ? first.text : '';
}

type Block = {is: 'text'; text: string} | {is: 'code'; lines: string[]};

function blocksOf(markdown: string): Block[] {
	const blocks: Block[] = [];
	let paragraph: string[] = [];
	let code: string[] | undefined;
	const end = () => {
		if (paragraph.length > 0) {
			blocks.push({is: 'text', text: paragraph.join('\n')});
			paragraph = [];
		}
	};

	for (const line of visible(markdown).split('\n')) {
		if (/^\s*```/.test(line)) {
			end();
			if (code) {
				blocks.push({is: 'code', lines: code});
			}

			code = code ? undefined : [];
		} else if (code) {
			code.push(line);
		} else if (line.trim() === '') {
			end();
		} else if (paragraph.length > 0 && !/^\s*(?:[-*+]|\d+\.)\s/.test(line)) {
			paragraph.push(`${paragraph.pop()} ${line.trim()}`);
		} else {
			paragraph.push(line.trim());
		}
	}

	end();
	return code ? [...blocks, {is: 'code', lines: code}] : blocks;
}
