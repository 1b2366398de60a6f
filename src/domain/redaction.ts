import {formsOf} from './secret-forms.ts';

/** Shorter ones would blank out ordinary words. @see woodpecker-ci/woodpecker#7103 */
const shortestSecret = 4;
const mask = '[secret]';

/** Replaces known secrets in text, in every usual encoding. @see secret-forms.ts */
export type Redaction = {
	add(secret: string, username?: string): void;
	redact(text: string): string;
	/** The longest form, in characters: what a stream must hold back so that a chunk boundary hides nothing. */
	longest(): number;
};

export function createRedaction(): Redaction {
	const forms = new Set<string>();
	let pattern: RegExp | undefined;

	return {
		add(secret, username) {
			if (secret.length < shortestSecret) {
				return;
			}

			for (const form of formsOf(secret, username)) {
				forms.add(form);
			}

			// The mask comes first: a secret that is a part of it must not make it grow.
			const longestFirst = [mask, ...[...forms].sort((a, b) => b.length - a.length)];
			pattern = new RegExp(longestFirst.map(form => form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'g');
		},
		redact: text => (pattern === undefined ? text : text.replace(pattern, mask)),
		longest: () => Math.max(0, ...[...forms].map(form => form.length)),
	};
}

/** The same value with every text in it redacted. */
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
