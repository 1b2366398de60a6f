import {visibleLine} from '../../domain/text/visible.ts';
import {textWidth, wrap} from '../../domain/text/wrap.ts';

/** Breaks each line of a text that is wider than this, and keeps its indentation. */
export function fold(text: string, columns: number): string {
	return text
		.split('\n')
		.flatMap(line => {
			const [indent] = /^ */.exec(line)!;
			return textWidth(line) <= columns ? line : wrap(line.trim().replace(/ +/g, ' '), {first: indent, columns});
		})
		.join('\n');
}

/** Takes out the middle: names are told apart by their ends. */
export function cutMiddle(text: string, columns: number): string {
	const safe = visibleLine(text);
	if (textWidth(safe) <= columns) {
		return safe;
	}

	const characters = [...safe];
	let head = Math.ceil((columns - 1) / 2);
	let tail = columns - 1 - head;
	const cut = () => `${characters.slice(0, head).join('')}…${tail === 0 ? '' : characters.slice(-tail).join('')}`;
	while (textWidth(cut()) > columns && head + tail > 0) {
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
	return cut + ' '.repeat(Math.max(0, columns - textWidth(cut)));
}
