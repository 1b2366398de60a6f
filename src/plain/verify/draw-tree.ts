import {shortDigest} from '../../domain/image/digest.ts';
import type {Verdict} from '../../domain/image/verdict.ts';
import {wrap} from '../../domain/text/wrap.ts';
import {column} from '../layout/fit.ts';
import type {Branch} from './check-tree.ts';

export type Canvas = {columns: number; unicode: boolean};

type Glyphs = {fork: string; last: string; bar: string; ellipsis: string; marks: Record<Verdict, string>};

const unicodeGlyphs: Glyphs = {
	fork: '├─ ',
	last: '└─ ',
	bar: '│  ',
	ellipsis: '…',
	marks: {intact: '✔', broken: '✖', unknown: '?'},
};

const asciiGlyphs: Glyphs = {
	fork: '|- ',
	last: '`- ',
	bar: '|  ',
	ellipsis: '~',
	marks: {intact: '+', broken: 'x', unknown: '?'},
};

/** Names stand in one column on each level; what is said of a part wraps below itself. */
export function drawTree(branches: Branch[], canvas: Canvas, indent = ''): string[] {
	const glyphs = canvas.unicode ? unicodeGlyphs : asciiGlyphs;
	const widest = Math.max(...branches.map(({name}) => name.length), 0);
	const width = Math.min(widest, Math.max(11, Math.floor(canvas.columns / 4)));

	return branches.flatMap(({verdict, name, digest, state, branches: inner}, at) => {
		const isLast = at === branches.length - 1;
		const under = indent + (isLast ? '   ' : glyphs.bar);
		const label = `${column(name, width).replaceAll('…', glyphs.ellipsis)} ${digest === undefined ? '' : shortDigest(digest)}`;
		const joint = isLast ? glyphs.last : glyphs.fork;
		const first = `${indent}${joint}${glyphs.marks[verdict]} ${label.trimEnd()}  `;
		const rest = `${under}${inner.length > 0 ? glyphs.bar : '   '}  `;
		return [
			...wrap(state, {first, rest, columns: canvas.columns}).map(line => line.trimEnd()),
			...drawTree(inner, canvas, under),
		];
	});
}
