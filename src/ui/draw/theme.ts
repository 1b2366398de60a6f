import type {Verdict} from '../../domain/image/verdict.ts';

/** What a piece of text is, for the eye. Colour is never the only sign of it. */
export type Tone = 'plain' | 'dim' | 'strong' | 'good' | 'bad' | 'warn' | 'accent' | 'real' | 'rehearsal';

/** unknown is a warning, never as good as intact. */
export const verdictTones: Record<Verdict, Tone> = {intact: 'good', broken: 'bad', unknown: 'warn'};

export type Look = {color?: string; bold?: boolean; dimColor?: boolean};

/** The 16 colours a terminal has names for: they follow its light or dark scheme. */
const looks: Record<Tone, Look> = {
	plain: {},
	dim: {dimColor: true},
	strong: {bold: true},
	good: {color: 'green'},
	bad: {color: 'red', bold: true},
	warn: {color: 'yellow'},
	accent: {color: 'cyan', bold: true},
	real: {color: 'blue', bold: true},
	rehearsal: {color: 'magenta', bold: true},
};

export function lookOf(tone: Tone, colors: boolean): Look {
	return colors ? looks[tone] : {};
}

const unicodeGlyphs = {
	done: '✔',
	failed: '✖',
	skipped: '»',
	assumed: '≈',
	left: '·',
	current: '●',
	cursor: '❯',
	recommended: '★',
	ticked: '☑',
	unticked: '☐',
	bullet: '•',
	dot: '·',
	arrow: '→',
	caret: '▌',
	ellipsis: '…',
	up: '↑',
	down: '↓',
	full: '█',
	empty: '░',
	spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
	border: {topLeft: '┌', topRight: '┐', bottomLeft: '└', bottomRight: '┘', across: '─', down: '│'},
};

export type Glyphs = typeof unicodeGlyphs;

const asciiGlyphs: Glyphs = {
	done: '+',
	failed: 'x',
	skipped: '-',
	assumed: '~',
	left: '.',
	current: '*',
	cursor: '>',
	recommended: '*',
	ticked: '[x]',
	unticked: '[ ]',
	bullet: '-',
	dot: '-',
	arrow: '->',
	caret: '_',
	ellipsis: '..',
	up: '^',
	down: 'v',
	full: '#',
	empty: '.',
	spinner: ['|', '/', '-', '\\'],
	border: {topLeft: '+', topRight: '+', bottomLeft: '+', bottomRight: '+', across: '-', down: '|'},
};

export function glyphsOf(unicode: boolean): Glyphs {
	return unicode ? unicodeGlyphs : asciiGlyphs;
}
