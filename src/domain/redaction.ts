/** Shorter ones would blank out ordinary words. @see woodpecker-ci/woodpecker#7103 */
const shortestSecret = 4;
const mask = '[secret]';

/**
 * Replaces known secrets in text, in every usual encoding: raw, base64 at each alignment, base64url, percent-encoded,
 * JSON-escaped, and as the password of a Basic header.
 */
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

			const longestFirst = [...forms].sort((a, b) => b.length - a.length);
			pattern = new RegExp(longestFirst.map(form => form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'g');
		},
		redact: text => (pattern === undefined ? text : text.replace(pattern, mask)),
		longest: () => Math.max(0, ...[...forms].map(form => form.length)),
	};
}

function formsOf(secret: string, username: string | undefined): string[] {
	const bytes = new TextEncoder().encode(secret);
	const encoded = [0, 1, 2].map(offset => aligned(bytes, offset)).filter(form => form.length >= 8);
	const basic = username === undefined ? [] : [base64(new TextEncoder().encode(`${username}:${secret}`))];
	const all = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), ...encoded, ...basic];
	return all.flatMap(form => [form, form.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')]);
}

/** The characters of the base64 that depend on nothing but the secret, when it starts at this offset of a triple. */
function aligned(bytes: Uint8Array, offset: number): string {
	const padded = new Uint8Array(offset + bytes.length);
	padded.set(bytes, offset);
	const whole = base64(padded);
	const start = Math.ceil((offset * 8) / 6);
	const end = Math.floor((padded.length * 8) / 6);
	return whole.slice(start, end);
}

function base64(bytes: Uint8Array): string {
	return btoa(String.fromCharCode(...bytes));
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
