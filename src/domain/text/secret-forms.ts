/** Shorter pieces of base64 would mask ordinary words. */
const shortestPiece = 6;
/** A secret of several lines often appears one line at a time. */
const shortestLine = 8;

/**
 * Every form in which a secret may appear: raw, base64 at each alignment, base64url, percent-encoded by the rules of the URL,
 * of RFC 3986 and of forms, in either case, hex, JSON, HTML and shell escapes, and as the password of a Basic header.
 */
export function formsOf(secret: string, username?: string): string[] {
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
