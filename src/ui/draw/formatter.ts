import {type Digest, shortDigest, shortHex} from '../../domain/image/digest.ts';
import {quoteMark, type Visible, visibleLine} from '../../domain/text/visible.ts';
import {textHead, textWidth, wrap} from '../../domain/text/wrap.ts';
import {type Glyphs, glyphsOf, type Tone} from './theme.ts';

/** A piece of one line. Only a formatter makes one: text reaches the terminal with its control characters escaped. */
type Span = {readonly text: Visible; readonly tone: Tone};

/** One line of the screen. */
export type Row = readonly Span[];

export type Piece = string | readonly [text: string, tone: Tone] | Span;

/** Makes the lines of the screen, in the characters that the terminal knows. */
export type Formatter = {
	readonly glyphs: Glyphs;
	span(text: string, tone?: Tone): Span;
	row(...pieces: Piece[]): Row;
	/** One line, no wider than this. */
	cut(row: Row, width: number): Row;
	/** Exactly this wide. */
	column(text: string, width: number, tone?: Tone): Span;
	/** As many lines as it needs, the first after `before`, the others indented by as much. */
	wrap(text: string, width: number, tone?: Tone, before?: Row): Row[];
	/** Pieces one after the other with something between them, on as many lines as they need. */
	flow(pieces: readonly string[], between: string, width: number, tone?: Tone): Row[];
	/** As much of a digest as there is room for: all of it, its start, its start without the algorithm. */
	digest(digest: Digest, room: number): Span;
	/** Both ends of one line; the left one gives way. */
	spread(left: Row, right: Row, width: number): Row;
};

/** Far more than a screen shows; a megabyte on one line is not measured. */
const longestLine = 8_000;

export function createFormatter(unicode: boolean): Formatter {
	const glyphs = glyphsOf(unicode);

	const span = (text: string, tone: Tone = 'plain'): Span => {
		const shown = visibleLine(text.slice(0, longestLine));
		return {text: unicode ? shown : asciiOnly(shown), tone};
	};

	const row = (...pieces: Piece[]): Row =>
		pieces.map(piece => (typeof piece === 'string' ? span(piece) : isSpan(piece) ? piece : span(piece[0], piece[1])));

	const cut = (line: Row, width: number): Row => {
		if (rowWidth(line) <= width) {
			return line;
		}

		const kept: Span[] = [];
		let left = width - glyphs.ellipsis.length;
		for (const piece of line) {
			const text = textHead(piece.text, left) as Visible;
			kept.push({...piece, text});
			left -= textWidth(text);
			if (text !== piece.text) {
				break;
			}
		}

		return width < glyphs.ellipsis.length ? [] : [...kept, span(glyphs.ellipsis, 'dim')];
	};

	return {
		glyphs,
		span,
		row,
		cut,
		column(text, width, tone = 'plain') {
			const joined = cut([span(text, tone)], width)
				.map(piece => piece.text)
				.join('');
			return {text: (joined + ' '.repeat(Math.max(0, width - textWidth(joined)))) as Visible, tone};
		},
		wrap(text, width, tone = 'plain', before = []) {
			const indent = rowWidth(before);
			const columns = Math.max(8, width - indent);
			// What follows a line break of the text itself is marked, as in plain text.
			const lines = text
				.split('\n')
				.flatMap((line, at) =>
					wrap(span(line, tone).text, {columns, breakWords: true, first: at === 0 ? '' : quoteMark}),
				);
			return lines.map((line, at) => [...(at === 0 ? before : row(' '.repeat(indent))), {text: line, tone}]);
		},
		flow(pieces, between, width, tone = 'plain') {
			const lines: string[] = [];
			for (const piece of pieces) {
				const longer = `${lines.at(-1) ?? ''}${between}${piece}`;
				if (lines.length > 0 && textWidth(longer) <= width) {
					lines[lines.length - 1] = longer;
				} else {
					lines.push(piece);
				}
			}

			return lines.map(line => cut([span(line, tone)], width));
		},
		digest(digest, room) {
			const forms = [digest, shortDigest(digest)];
			return span(forms.find(form => form.length <= room) ?? shortHex(digest), 'dim');
		},
		spread(left, right, width) {
			const room = width - rowWidth(right);
			const fitting = cut(left, Math.max(0, room - 1));
			return [...fitting, span(' '.repeat(Math.max(0, room - rowWidth(fitting)))), ...right];
		},
	};
}

export function rowWidth(row: Row): number {
	return row.reduce((sum, {text}) => sum + textWidth(text), 0);
}

const inAscii: Record<string, string> = {
	'‘': "'",
	'’': "'",
	'“': '"',
	'”': '"',
	'–': '-',
	'—': '-',
	'…': '...',
	'·': '-',
	'•': '-',
	'→': '->',
	'×': 'x',
	'⏎': '\\n',
};

/** For a terminal that may not know UTF-8: a character without an ASCII likeness becomes a question mark. */
function asciiOnly(text: Visible): Visible {
	return text.replace(/[^\x20-\x7E]/gu, character => inAscii[character] ?? '?') as Visible;
}

function isSpan(piece: Exclude<Piece, string>): piece is Span {
	return 'tone' in piece;
}
