import type {Cuts} from './form-index.ts';

/**
 * A line break with what programs put around it: escaped once or more (JSON in JSON), also with a real one inside of the
 * escape, percent-encoded, and BuildKit’s `#12 3.456 ` at the start of the next line.
 */
const lineBreak = /(?:\\+r?\\*\r?\n\\*r?\\*n|\r\n?|\n|(?:\\+r)?\\+n|(?:%0D)?%0A|⏎)(?:#\d+ (?:\d+\.\d+ )?)?/gi;
const indentedBreak = new RegExp(`${lineBreak.source}[ \\t]*(?:\\| )?[ \\t]*`, 'gi');
/** What may be left of a line break where a text was cut in the middle of it. */
const restBefore = /^(?:\n|\\*r?\\*n|0?D%0A|D?%?0?A)?(?:#?\d+ (?:\d+\.\d+ )?|\.?\d+ )?[ \t]*/i;
const restAfter = /(?:\\+r?\\*|%(?:0(?:D(?:%0?)?)?)?|(?:[\r\n⏎]|\\n)#\d*(?: [\d.]*)?)(?:\r?\n)?$/i;
const longestBreak = 64;

/** How a wrapped text was made: it was cut and indented, only cut, or broken at its spaces. */
type Wrapping = 'indented' | 'cut' | 'at-spaces';

/** Text without its line breaks, in which a secret that was wrapped is found. */
export type Unwrapped = {
	text: string;
	/** What looked like a part of a line break was taken off an end. */
	isTrimmed: boolean;
	/** @returns the place in the original text of the character at this place in the unwrapped one */
	origin(at: number): number;
	/** The ranges in the original text, without line breaks, of a range of the unwrapped one. */
	pieces(start: number, end: number): [number, number][];
};

export function unwrap(whole: string, {before = false, after = false}: Cuts, wrapping: Wrapping): Unwrapped {
	const separator = wrapping === 'at-spaces' ? ' ' : '';
	const pattern = wrapping === 'cut' ? lineBreak : indentedBreak;
	const rest = after ? (restAfter.exec(whole.slice(-longestBreak))?.[0].length ?? 0) : 0;
	const original = rest === 0 ? whole : whole.slice(0, -rest);
	/** Where each piece starts, in the unwrapped and in the original text. */
	const starts: number[] = [];
	const origins: number[] = [];
	const parts: string[] = [];
	const first = before ? restBefore.exec(original)![0].length : 0;
	let from = first;
	let length = 0;
	const take = (until: number) => {
		const part = original.slice(from, Math.max(from, until));
		starts.push(length);
		origins.push(from);
		parts.push(part);
		length += part.length + separator.length;
	};

	pattern.lastIndex = from;
	for (let found = pattern.exec(original); found; found = pattern.exec(original)) {
		take(found.index);
		from = pattern.lastIndex;
	}

	take(original.length);
	/** The last piece that starts at this place or before it. */
	const pieceOf = (at: number) => {
		let low = 0;
		let high = starts.length - 1;
		while (low < high) {
			const middle = (low + high + 1) >> 1;
			if (starts[middle]! <= at) {
				low = middle;
			} else {
				high = middle - 1;
			}
		}

		return low;
	};

	return {
		text: parts.join(separator),
		isTrimmed: first > 0 || rest > 0,
		origin(at) {
			const piece = pieceOf(at);
			return origins[piece]! + at - starts[piece]!;
		},
		pieces(start, end) {
			const found: [number, number][] = [];
			for (let piece = pieceOf(start); piece < starts.length && starts[piece]! < end; piece++) {
				const first = Math.max(start - starts[piece]!, 0);
				const last = Math.min(end - starts[piece]!, parts[piece]!.length);
				if (last > first) {
					found.push([origins[piece]! + first, origins[piece]! + last]);
				}
			}

			return found;
		},
	};
}

export function withoutLineBreaks(text: string): string {
	return text.replace(indentedBreak, '');
}
