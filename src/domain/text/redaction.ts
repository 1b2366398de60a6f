/** Shorter secrets would mask ordinary words. @see woodpecker-ci/woodpecker#7103 */
const shortestSecret = 4;
const mask = '[secret]';

/** Replaces known secrets in text, in every usual encoding. */
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

/** Shorter pieces of base64 would mask ordinary words. */
const shortestPiece = 6;
/** A secret of several lines often appears one line at a time. */
const shortestLine = 8;

/**
 * Every form in which a secret may appear: raw, base64 at each alignment, base64url, percent-encoded by the rules of the URL,
 * of RFC 3986 and of forms, in either case, hex, JSON, HTML and shell escapes, and as the password of a Basic header.
 */
function formsOf(secret: string, username?: string): string[] {
	const lines = secret.includes('\n') ? secret.split(/\r?\n/).filter(line => line.length >= shortestLine) : [];
	return [secret, ...lines]
		.flatMap(text => [...written(text), ...encoded(bytesOf(text))])
		.concat(username === undefined ? [] : urlSafeToo(base64(bytesOf(`${username}:${secret}`))));
}

function written(text: string): string[] {
	const json = JSON.stringify(text).slice(1, -1);
	const percent = encodeURIComponent(text.toWellFormed());
	const strict = percent.replace(/[!'()*]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
	const percents = [percent, strict, strict.replace(/%20/g, '+'), strict.replace(/~/g, '%7E')];
	return [
		text,
		...percents.flatMap(form => [form, form.replace(/%../g, hex => hex.toLowerCase())]),
		json,
		json.replace(/\//g, '\\/'),
		json.replace(/[\u007f-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
		// Go's encoder escapes characters that HTML would interpret. @see pkg.go.dev/encoding/json: HTMLEscape
		json.replace(/[<>&]/g, character => `\\u00${character.charCodeAt(0).toString(16)}`),
		text
			.replace(/&/g, '&amp;')
			.replace(/</g, '&lt;')
			.replace(/>/g, '&gt;')
			.replace(/"/g, '&quot;')
			.replace(/'/g, '&#39;'),
		text
			.replace(/&/g, '&amp;')
			.replace(/</g, '&lt;')
			.replace(/>/g, '&gt;')
			.replace(/"/g, '&#34;')
			.replace(/'/g, '&#39;'),
		text.replace(/'/g, "'\\''"),
		text.replace(/[^\w@%+=:,./-]/g, '\\$&'),
	];
}

function encoded(bytes: Uint8Array): string[] {
	const hex = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('');
	const pieces = [0, 1, 2].map(offset => aligned(bytes, offset)).filter(form => form.length >= shortestPiece);
	return [hex, hex.toUpperCase(), ...[base64(bytes), ...pieces].flatMap(urlSafeToo)];
}

function urlSafeToo(form: string): string[] {
	const bare = form.replace(/=+$/, '');
	return [form, bare, bare.replace(/\+/g, '-').replace(/\//g, '_')];
}

/** The characters of the base64 that depend only on the secret, where it starts at this offset in a group of three bytes. */
function aligned(bytes: Uint8Array, offset: number): string {
	const padded = new Uint8Array(offset + bytes.length);
	padded.set(bytes, offset);
	const whole = base64(padded);
	const start = Math.ceil((offset * 8) / 6);
	const end = Math.floor((padded.length * 8) / 6);
	return whole.slice(start, end);
}

function bytesOf(text: string): Uint8Array {
	return new TextEncoder().encode(text);
}

function base64(bytes: Uint8Array): string {
	return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''));
}
