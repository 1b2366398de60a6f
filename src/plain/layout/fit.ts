import stringWidth from 'string-width';
import {visible, visibleLine} from '../../domain/text/visible.ts';

/** Where nobody says how wide the terminal is, no line of ours is wider, except for what has to be copied whole. */
const mostColumns = 80;

export type Indents = {first?: string; rest?: string; columns?: number};

/** Breaks text at its spaces. What is longer than a line (a digest, a path) stays whole, so that it can be copied. */
export function wrap(text: string, {first = '', rest = first, columns = mostColumns}: Indents = {}): string[] {
	const lines: string[] = [];
	for (const paragraph of visible(text).split('\n')) {
		let line = lines.length === 0 ? first : rest;
		let isEmpty = true;
		for (const word of visibleLine(paragraph)
			.split(' ')
			.filter(part => part !== '')) {
			if (!isEmpty && stringWidth(line) + 1 + stringWidth(word) > columns) {
				lines.push(line);
				line = rest;
				isEmpty = true;
			}

			line += isEmpty ? word : ` ${word}`;
			isEmpty = false;
		}

		lines.push(line.trimEnd());
	}

	return lines;
}

/** Breaks every line of a text where it is too long, and keeps what it is indented by. */
export function fold(text: string, columns: number): string {
	return text
		.split('\n')
		.flatMap(line => (stringWidth(line) <= columns ? line : wrap(line, {first: /^ */.exec(line)![0], columns})))
		.join('\n');
}

/** Takes out the middle: the ends tell names apart. */
export function cutMiddle(text: string, columns: number): string {
	const safe = visibleLine(text);
	if (stringWidth(safe) <= columns) {
		return safe;
	}

	const characters = [...safe];
	let head = Math.ceil((columns - 1) / 2);
	let tail = columns - 1 - head;
	const cut = () => `${characters.slice(0, head).join('')}…${tail === 0 ? '' : characters.slice(-tail).join('')}`;
	while (stringWidth(cut()) > columns && head + tail > 0) {
		if (head > tail) {
			head--;
		} else {
			tail--;
		}
	}

	return cut();
}

/** Exactly this wide. */
export function column(text: string, columns: number): string {
	const cut = cutMiddle(text, columns);
	return cut + ' '.repeat(Math.max(0, columns - stringWidth(cut)));
}

/** `2026-04-19 02:00 UTC`; what is no time stays as it is. */
export function sayTime(iso: string): string {
	const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?Z$/.exec(iso);
	return match ? `${match[1]} ${match[2]} UTC` : visibleLine(iso);
}

export function upperFirst(text: string): string {
	return text.charAt(0).toUpperCase() + text.slice(1);
}
