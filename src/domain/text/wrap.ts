import stringWidth from 'string-width';
import {quoteMark, type Visible, visibleLine} from './visible.ts';

/** Of a terminal whose width is not known. */
export const usualColumns = 80;
const fewestColumns = 40;

/** Below 40 columns text is unreadable: a narrower terminal wraps the lines itself. */
export function readableColumns(terminalColumns = usualColumns): number {
	return Math.max(fewestColumns, terminalColumns);
}

type WrapOptions = {
	/** What the first line begins with. */
	first?: string;
	/** What every other line begins with; `first` where it is absent. */
	rest?: string;
	columns?: number;
	/** Breaks inside a word that is wider than a line. Without it a digest or a path stays whole, so that it can be copied. */
	breakWords?: boolean;
};

/** Breaks text into lines at its spaces. Line breaks that it holds stay, and what follows each is marked as quoted. */
export function wrap(
	text: string,
	{first = '', rest = first, columns = usualColumns, breakWords = false}: WrapOptions = {},
): Visible[] {
	return text.split(/\r?\n/).flatMap((paragraph, at) => {
		const [start, next] = at === 0 ? [first, rest] : [`${rest}${quoteMark}`, `${rest}${quoteMark}`];
		// The start of a paragraph may be longer or shorter than that of its other lines.
		const widths = [columns - textWidth(start), columns - textWidth(next)] as const;
		return wrapParagraph(visibleLine(paragraph), widths, breakWords).map((line, index) =>
			visibleLine(`${index === 0 ? start : next}${line}`.trimEnd()),
		);
	});
}

/** @param widths of the first line and of every other */
function wrapParagraph(text: string, widths: readonly [number, number], breakWords: boolean): string[] {
	const lines: string[] = [];
	let line = '';
	let width = widths[0];
	const end = (finished: string) => {
		lines.push(finished);
		width = widths[1];
	};

	for (const word of text.split(/(?<= )/)) {
		const wordWidth = textWidth(word.trimEnd());
		// A word that has to be broken anyway may begin on a line that is not half full.
		const mayBreak = breakWords && wordWidth > width && textWidth(line) * 2 <= width;
		if (line !== '' && textWidth(line) + wordWidth > width && !mayBreak) {
			end(line.trimEnd());
			line = '';
		}

		line += word;
		while (breakWords && textWidth(line.trimEnd()) > width) {
			const part = untilSlash(textHead(line, width));
			if (part === '') {
				break;
			}

			end(part);
			line = line.slice(part.length);
		}
	}

	return [...lines, line.trimEnd()];
}

/** A path is broken after a slash, as a person would, unless that leaves most of the line empty. */
function untilSlash(part: string): string {
	const end = part.lastIndexOf('/') + 1;
	return end * 2 > part.length ? part.slice(0, end) : part;
}

/** In columns of the terminal. */
export function textWidth(text: string): number {
	return /^[\x20-\x7E]*$/.test(text) ? text.length : stringWidth(text);
}

const graphemes = new Intl.Segmenter('en', {granularity: 'grapheme'});

/** As much of the start as fits into this many columns. */
export function textHead(text: string, columns: number): string {
	if (textWidth(text) <= columns) {
		return text;
	}

	let head = '';
	let used = 0;
	for (const {segment} of graphemes.segment(text)) {
		used += textWidth(segment);
		if (used > columns) {
			break;
		}

		head += segment;
	}

	return head;
}
