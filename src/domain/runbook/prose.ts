import {visible} from '../text/visible.ts';

/** A paragraph or an item of a list, without the line breaks of the file; or lines of code, exactly as written. */
export type ProseBlock = {kind: 'text'; text: string} | {kind: 'code'; lines: string[]};

/** The Markdown of a step as blocks, each to be laid out for the width at hand. */
export function proseBlocks(markdown: string): ProseBlock[] {
	const blocks: ProseBlock[] = [];
	let paragraph: string[] = [];
	let code: string[] | undefined;
	const endParagraph = () => {
		if (paragraph.length > 0) {
			blocks.push({kind: 'text', text: paragraph.join('\n')});
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
	return first?.kind === 'text' && !first.text.startsWith('By hand:') ? first.text : '';
}
