import {visible} from '../text/visible.ts';

/**
 * Paragraphs and items of a list, without the line breaks of the file; or lines of code, exactly as written. `mark`: what
 * an item begins with, `- ` or `1. `; empty for a paragraph.
 */
type ProseBlock = {kind: 'text'; lines: {mark: string; text: string}[]} | {kind: 'code'; lines: string[]};

/** The Markdown of a step as blocks, each to be laid out for the width at hand. */
export function proseBlocks(markdown: string): ProseBlock[] {
	const blocks: ProseBlock[] = [];
	let paragraph: string[] = [];
	let code: string[] | undefined;
	const endParagraph = () => {
		if (paragraph.length > 0) {
			blocks.push({kind: 'text', lines: paragraph.map(readLine)});
			paragraph = [];
		}
	};

	for (const line of visible(markdown).split('\n')) {
		if (/^\s*```/.test(line)) {
			endParagraph();
			if (code) {
				blocks.push({kind: 'code', lines: code});
			}

			code = code ? undefined : [];
		} else if (code) {
			code.push(line);
		} else if (line.trim() === '') {
			endParagraph();
		} else if (paragraph.length > 0 && !/^\s*(?:[-*+]|\d+\.)\s/.test(line)) {
			paragraph.push(`${paragraph.pop()} ${line.trim()}`);
		} else {
			paragraph.push(line.trim());
		}
	}

	endParagraph();
	return code ? [...blocks, {kind: 'code', lines: code}] : blocks;
}

/** What a step is for. Empty where the prose begins with how to do the step without regmedic. */
export function firstParagraph(markdown: string): string {
	const [first] = proseBlocks(markdown);
	const text = first?.kind === 'text' ? first.lines.map(({mark, text}) => mark + text).join('\n') : '';
	return text.startsWith('By hand:') ? '' : text;
}

function readLine(line: string): {mark: string; text: string} {
	const [mark = ''] = /^(?:[-*+]|\d+\.)\s+/.exec(line) ?? [];
	return {mark, text: line.slice(mark.length)};
}
