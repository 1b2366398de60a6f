import {type Cuts, createFormIndex, merged, type Range, shortestForm} from './form-index.ts';
import {formsOf} from './secret-forms.ts';
import {type Unwrapped, unwrap, withoutLineBreaks} from './unwrapped.ts';

const mask = '[secret]';
/** What regmedic writes where it shortens a text. */
const ellipsis = '…';
/** Of a stream, in characters: the few that a cut may show, with a line break and its indentation. */
const remembered = 64;
/** A longer line is not held back whole. */
const longestHeld = 16 * 1024;

/** Masks secrets. Where the text was cut, of a secret at that end no piece longer than four characters remains. */
export type Redact = (text: string, cuts?: Cuts) => string;

/** Replaces known secrets in text, in every usual encoding, also where they are wrapped over several lines. */
export type Redaction = {
	/** Before anything is read or written where the secret could be. */
	add(secret: string, username?: string): void;
	redact: Redact;
	/** For text that comes in pieces. */
	stream(): RedactedStream;
};

/** Masks a secret that lies across the pieces of a text. */
export type RedactedStream = {
	/** @returns whole lines, or the piece; what may be the beginning of a secret is held back with its line */
	push(piece: string): string;
	/** What was held back. */
	end(): string;
};

export function createRedaction(): Redaction {
	const index = createFormIndex();
	// The mask is one of the forms: a secret that is a part of the mask must not be masked inside of it.
	index.add(mask);
	let isEmpty = true;

	/** Only a secret with a space in it may be wrapped at a space, or look like an indented line. */
	let hasSpaces = false;
	/**
	 * The text without its line breaks, where it has some. Where the text was cut, what looks like a part of a line break may be
	 * one or not.
	 */
	const unwrappings = (text: string, cuts: Cuts): Unwrapped[] =>
		(hasSpaces ? (['indented', 'cut', 'at-spaces'] as const) : (['indented'] as const))
			.flatMap(wrapping => {
				const unwrapped = unwrap(text, cuts, wrapping);
				return unwrapped.isTrimmed ? [unwrapped, unwrap(text, {}, wrapping)] : [unwrapped];
			})
			.filter(unwrapped => unwrapped.text !== text);

	/** A secret is looked for in the text as it is, too: a line break may be a part of it, or look like one. */
	const find = (text: string, cuts: Cuts): Range[] => [
		...index.find(text, cuts),
		// A line break inside of a secret stays: lines are counted.
		...unwrappings(text, cuts).flatMap(unwrapped =>
			index.find(unwrapped.text, cuts).flatMap(([start, end]) => unwrapped.pieces(start, end)),
		),
	];

	/** Where the end of the text may be the beginning of a secret. */
	const openEnd = (whole: string): number => {
		if (isEmpty) {
			return whole.length;
		}

		// Line breaks and indentation make a wrapped secret longer.
		const start = Math.max(0, whole.length - 3 * index.longest() - longestHeld);
		const text = whole.slice(start);
		const places = unwrappings(text, {after: true}).map(unwrapped => {
			const open = index.openEnd(unwrapped.text);
			return open === undefined ? text.length : unwrapped.origin(open);
		});
		return start + Math.min(index.openEnd(text) ?? text.length, ...places);
	};

	const isPiece = (text: string): boolean =>
		index.isPiece(text) ||
		unwrappings(text, {before: true, after: true}).some(unwrapped => index.isPiece(unwrapped.text));

	const redactCut = (text: string, cuts: Cuts, shownFrom = 0): string => {
		if (isEmpty) {
			return text.slice(shownFrom);
		}

		if (cuts.before && cuts.after && isPiece(text)) {
			return mask;
		}

		const ranges = find(text, cuts);
		if (text.includes(ellipsis)) {
			let start = 0;
			for (const part of text.split(ellipsis)) {
				const end = start + part.length;
				const found = find(part, {
					before: start > 0 || cuts.before === true,
					after: end < text.length || cuts.after === true,
				});
				ranges.push(...found.map(([from, until]): Range => [start + from, start + until]));
				start = end + ellipsis.length;
			}
		}

		let shown = '';
		let from = shownFrom;
		for (const [start, end] of merged(ranges)) {
			if (end > from) {
				shown += text.slice(from, Math.max(start, from)) + mask;
				from = end;
			}
		}

		return shown + text.slice(from);
	};

	return {
		add(secret, username) {
			if (secret.length < shortestForm) {
				return;
			}

			isEmpty = false;
			hasSpaces ||= /[ \t]/.test(secret);
			for (const form of formsOf(secret, username)) {
				index.add(form);
				index.add(withoutLineBreaks(form));
			}
		},
		redact: (text, cuts = {}) => redactCut(text, cuts),
		stream() {
			/** The last characters that were given out: the rest of a secret may follow. */
			let before = '';
			let held = '';

			const give = (text: string, cuts: Cuts): string => {
				const shown = redactCut(before + text, cuts, before.length);
				before = (before + text).slice(-remembered);
				return shown;
			};
			return {
				push(piece) {
					const text = held + piece;
					const place = openEnd(before + text) - before.length;
					if (place >= text.length) {
						held = '';
						return give(text, {});
					}

					const line = place <= 0 ? 0 : text.lastIndexOf('\n', place - 1) + 1;
					const until = place - line > longestHeld ? place : line;
					held = text.slice(until);
					return give(text.slice(0, until), {});
				},
				end() {
					const text = held;
					held = '';
					return give(text, {after: true});
				},
			};
		},
	};
}

/** The same value with every text in it redacted. */
export function redactDeep<Value>(value: Value, redact: Redact): Value;
export function redactDeep(value: unknown, redact: Redact): unknown {
	if (typeof value === 'string') {
		return redact(value);
	}

	if (Array.isArray(value)) {
		return value.map(item => redactDeep(item, redact));
	}

	return typeof value === 'object' && value !== null
		? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redactDeep(item, redact)]))
		: value;
}

/**
 * What the machine steers by: a password like "verify" must not rename a step.
 * `with` holds nothing but values that the journal has taken before.
 */
const steering = new Set(
	'at actor type step attempt effect outcome success shows request schema incident version runbook with option found expires name'.split(
		' ',
	),
);
const ownAnswers: unknown[] = ['approve', 'decline'];

/** An event as it may be written down. */
export function redactEvent<Event extends {type: string}>(event: Event, redact: Redact): Event {
	const isOwn = (key: string, value: unknown) =>
		steering.has(key) || event.type === 'incident.left' || (key === 'answer' && ownAnswers.includes(value));
	return Object.fromEntries(
		Object.entries(event).map(([key, value]) => [key, isOwn(key, value) ? value : redactDeep(value, redact)]),
	) as Event;
}
