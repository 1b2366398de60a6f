import type {Pen, Span} from './pen.ts';

/** A digest, its platform and what is wrong with it. */
const roomForDigests = 130;

/** Enough of a digest to tell two apart: `sha256:98f7a1…`. */
export function shortDigest(digest: string, pen: Pen): string {
	return digest.length > 13 ? `${digest.slice(0, 13)}${pen.glyphs.ellipsis}` : digest;
}

/** Whole where there is room for it. @param width of the line it stands on */
export function digestSpan(digest: string, pen: Pen, width = 0): Span {
	return pen.span(width >= roomForDigests ? digest : shortDigest(digest, pen), 'dim');
}

/** `03:12:07 UTC` */
export function sayTime(iso: string): string {
	return `${iso.slice(11, 19)} UTC`;
}
