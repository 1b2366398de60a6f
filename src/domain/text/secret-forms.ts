import {visible, visibleLine} from './visible.ts';

/** Shorter pieces of base64 would mask ordinary words. */
const shortestPiece = 5;
/** A secret of several lines often appears one line at a time, and a JWT one part at a time. */
const shortestLine = 8;
const shortestPart = 16;

/**
 * Every form in which a secret may appear: raw, base64 at each offset of a triple (once and twice), base64url, percent-encoded
 * by the rules of URLs, of RFC 3986, of forms and of Go, in either case, hex, JSON, HTML, YAML and shell escapes, as the
 * password of a Basic header, and with control characters made visible.
 */
export function formsOf(secret: string, username?: string): string[] {
	const lines = secret.includes('\n') ? secret.split(/\r?\n/).filter(line => line.length >= shortestLine) : [];
	const parts = /^[\w-]+(?:\.[\w-]+){2,4}$/.test(secret) ? secret.split('.').slice(1) : [];
	return [
		...[secret, ...lines].flatMap(text => [...written(text), ...encoded(bytesOf(text))]),
		...parts.filter(part => part.length >= shortestPart),
		...(username === undefined ? [] : inBase64(bytesOf(`${username}:${secret}`))),
	];
}

/** What each rule of percent-encoding leaves as it is. */
const unreserved = [
	/[\w.~!*'()-]/,
	/[\w.-]/,
	// encodeURI
	/[\w.~!*'();/?:@&=+$,#-]/,
	// Go: url.PathEscape, url.UserPassword. @see go src/net/url/url.go, shouldEscape
	/[\w.~$&+=:@-]/,
	/[\w.~$&+,;=-]/,
	// The password of a URL. @see url.spec.whatwg.org, userinfo percent-encode set
	/[\w.~!$&'()*+,%-]/,
];

function written(text: string): string[] {
	const json = JSON.stringify(text).slice(1, -1);
	const strict = percent(text, /[\w.~-]/);
	const isPlain = strict === text;
	const percents = [
		percent(text, /^$/),
		strict,
		...(isPlain ? [] : unreserved.map(kept => percent(text, kept))),
		...[/[\w.~-]/, /[\w.*-]/, /[\w.-]/].map(kept => percent(text, kept).replace(/%20/g, '+')),
	];
	const html = text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
	return [
		text,
		visible(text),
		visibleLine(text),
		...percents.flatMap(form => [form, form.replace(/%../g, hex => hex.toLowerCase())]),
		json,
		JSON.stringify(json).slice(1, -1),
		json.replace(/\//g, '\\/'),
		json.replace(/[\u007f-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
		// Go's encoder escapes characters that HTML would interpret. @see pkg.go.dev/encoding/json: HTMLEscape
		json.replace(/[<>&]/g, character => `\\u00${character.charCodeAt(0).toString(16)}`),
		html.replace(/"/g, '&quot;').replace(/'/g, '&#39;'),
		html.replace(/"/g, '&#34;').replace(/'/g, '&#39;'),
		html.replace(/"/g, '&quot;').replace(/'/g, '&#x27;'),
		// The shell’s quotes: by bash and ssh, by Python’s shlex, within double quotes, by printf %q, as $'…'.
		text.replace(/'/g, "'\\''"),
		text.replace(/'/g, `'"'"'`),
		text.replace(/["$`\\]/g, '\\$&'),
		text.replace(/["$`\\!]/g, '\\$&'),
		text.replace(/[^\w@%+=:,./-]/g, '\\$&'),
		text.replace(/[^\w@%+=:./-]/g, '\\$&'),
		text.replace(/['\\]/g, '\\$&'),
		// YAML in single quotes.
		text.replace(/'/g, "''"),
	];
}

function percent(text: string, kept: RegExp): string {
	return Array.from(text.toWellFormed(), character =>
		kept.test(character) ? character : Array.from(bytesOf(character), byte => `%${hexOf(byte).toUpperCase()}`).join(''),
	).join('');
}

function encoded(bytes: Uint8Array): string[] {
	const digits = Array.from(bytes, hexOf);
	const hex = digits.join('');
	const escaped = digits.map(digit => `\\x${digit}`).join('');
	return [hex, hex.toUpperCase(), escaped, digits.join(' '), digits.join(':'), ...inBase64(bytes)];
}

/** A secret of Kubernetes holds the base64 of a file of Docker’s, which holds the base64 of user and password. */
function inBase64(bytes: Uint8Array): string[] {
	const once = atEachOffset(bytes);
	return [...once.flatMap(alphabets), ...atEachOffset(bytesOf(base64(bytes))).flatMap(alphabets)];
}

function atEachOffset(bytes: Uint8Array): string[] {
	const pieces = [0, 1, 2].map(offset => aligned(bytes, offset)).filter(form => form.length >= shortestPiece);
	return [base64(bytes), ...pieces];
}

/** As standard, URL-safe and percent-encoded base64, and with JSON’s `\/`. */
function alphabets(form: string): string[] {
	const bare = form.replace(/=+$/, '');
	const url = bare.replace(/\+/g, '-').replace(/\//g, '_');
	const encoded = encodeURIComponent(form);
	return [form, bare, url, encoded, encoded.replace(/%../g, hex => hex.toLowerCase()), bare.replace(/\//g, '\\/')];
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

function hexOf(byte: number): string {
	return byte.toString(16).padStart(2, '0');
}

function bytesOf(text: string): Uint8Array {
	return new TextEncoder().encode(text);
}

function base64(bytes: Uint8Array): string {
	return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''));
}
