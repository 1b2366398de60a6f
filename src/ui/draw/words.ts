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

/** `02:00 UTC today`, `2026-04-19 02:00 UTC`; what is no time stays as it is. */
export function saySince(iso: string, now: number): string {
	const [, date, time] = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}).*Z$/.exec(iso) ?? [];
	return date === undefined
		? iso
		: date === new Date(now).toISOString().slice(0, 10)
			? `${time} UTC today`
			: `${date} ${time} UTC`;
}

/** `03:12:07 UTC` */
export function sayTime(iso: string): string {
	return `${iso.slice(11, 19)} UTC`;
}
