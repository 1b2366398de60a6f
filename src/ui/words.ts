import type {Pen, Span} from './pen.ts';

export function plural(count: number, one: string, many = `${one}s`): string {
	return `${count} ${count === 1 ? one : many}`;
}

/** Enough of a digest to tell two apart: `sha256:98f7a1…`. */
export function shortDigest(digest: string, pen: Pen): string {
	return digest.length > 13 ? `${digest.slice(0, 13)}${pen.glyphs.ellipsis}` : digest;
}

export function digestSpan(digest: string, pen: Pen): Span {
	return pen.span(shortDigest(digest, pen), 'dim');
}

/** `03:12:07 UTC` */
export function sayTime(iso: string): string {
	return `${iso.slice(11, 19)} UTC`;
}
