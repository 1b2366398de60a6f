import {formsOf} from './secret-forms.ts';

/** Shorter secrets would mask ordinary words. @see woodpecker-ci/woodpecker#7103 */
const shortestSecret = 4;
const mask = '[secret]';

/** Replaces known secrets in text, in every usual encoding. @see secret-forms.ts */
export type Redaction = {
	add(secret: string, username?: string): void;
	redact(text: string): string;
	/** The longest form, in characters: a stream must hold back that many, or a secret could pass across a chunk boundary. */
	longest(): number;
};

export function createRedaction(): Redaction {
	// The mask is one of the forms: a secret that is a part of the mask must not be masked inside of it.
	const forms = new Set([mask]);
	let byStart = new Map<string, string[]>();
	let starts: RegExp | undefined;

	return {
		add(secret, username) {
			if (secret.length < shortestSecret) {
				return;
			}

			for (const form of formsOf(secret, username)) {
				forms.add(form);
			}

			byStart = Map.groupBy(
				[...forms].sort((a, b) => b.length - a.length),
				form => form.slice(0, shortestSecret),
			);
			starts = new RegExp(
				[...byStart.keys()].map(start => start.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'),
				'g',
			);
		},
		// The pattern only finds candidates: with the whole forms of a long secret it would be too large.
		redact(text) {
			let shown = '';
			let from = 0;
			for (let found = starts?.exec(text); starts && found; found = starts.exec(text)) {
				const {index} = found;
				const form = byStart.get(found[0])!.find(each => text.startsWith(each, index));
				shown += form === undefined ? '' : text.slice(from, index) + mask;
				from = form === undefined ? from : index + form.length;
				starts.lastIndex = form === undefined ? index + 1 : from;
			}

			return shown + text.slice(from);
		},
		longest: () => Math.max(...[...forms].map(form => form.length)),
	};
}

/** The same value with every text in it redacted. */
export function redactDeep<Value>(value: Value, redact: (text: string) => string): Value;
export function redactDeep(value: unknown, redact: (text: string) => string): unknown {
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
export function redactEvent<Event extends {type: string}>(event: Event, redact: (text: string) => string): Event {
	const isOwn = (key: string, value: unknown) =>
		steering.has(key) || event.type === 'incident.left' || (key === 'answer' && ownAnswers.includes(value));
	return Object.fromEntries(
		Object.entries(event).map(([key, value]) => [key, isOwn(key, value) ? value : redactDeep(value, redact)]),
	) as Event;
}
