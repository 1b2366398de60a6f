/** A secret as programs write it. Each is made by Node or by hand, not by the code under test. */
export const encodings: Record<string, (secret: string) => string> = {
	raw: secret => secret,
	base64,
	'base64, one byte in': secret => inside(1, secret),
	'base64, two bytes in': secret => inside(2, secret),
	'base64, three bytes in': secret => inside(3, secret),
	'a Basic header': secret => base64(`ada:${secret}`),
	'base64 in 76 columns': secret => wrapped(base64(`ada:${secret}`), 76, '\n'),
	'base64 in 64 columns and CRLF': secret => wrapped(base64(`ada:${secret}`), 64, '\r\n'),
	'wrapped base64 in JSON': secret => JSON.stringify(wrapped(base64(secret), 60, '\n')).slice(1, -1),
	'wrapped base64, indented': secret => wrapped(base64(secret), 16, '\n      '),
	'base64 of a docker config': secret => inside(`{"auths":{"r":{"auth":"`.length, base64(`ada:${secret}`)).slice(0),
	base64url: secret => Buffer.from(secret).toString('base64url'),
	percent: encodeURIComponent,
	'percent in lower case': secret => encodeURIComponent(secret).replace(/%../g, hex => hex.toLowerCase()),
	'every byte in percent': secret => [...Buffer.from(secret)].map(byte => `%${hex(byte).toUpperCase()}`).join(''),
	'the password of a URL': secret => Object.assign(new URL('http://u@h'), {password: secret}).password,
	form: secret => new URLSearchParams({p: secret}).toString().slice(2),
	hex: secret => Buffer.from(secret).toString('hex'),
	'hex in upper case': secret => Buffer.from(secret).toString('hex').toUpperCase(),
	'wrapped hex': secret => wrapped(Buffer.from(secret).toString('hex'), 60, '\n'),
	JSON: secret => JSON.stringify(secret).slice(1, -1),
	'JSON in JSON': secret => JSON.stringify(JSON.stringify(secret)).slice(3, -3),
	'JSON of Go': secret =>
		JSON.stringify(secret)
			.slice(1, -1)
			.replace(/[<>&]/g, character => `\\u00${hex(character.charCodeAt(0))}`),
	'shell quotes': secret => secret.replaceAll("'", `'\\''`),
	'quotes of Python’s shlex': secret => secret.replaceAll("'", `'"'"'`),
	'shell double quotes': secret => secret.replace(/["$`\\]/g, '\\$&'),
	'printf %q': secret => secret.replace(/[^\w@%+=:,./-]/g, '\\$&'),
	HTML: secret =>
		secret
			.replaceAll('&', '&amp;')
			.replaceAll('<', '&lt;')
			.replaceAll('>', '&gt;')
			.replaceAll('"', '&#34;')
			.replaceAll("'", '&#39;'),
};

/** The first run of five characters of what was written that is still there; undefined: none. */
export function leakIn(shown: string, text: string): string | undefined {
	const written = text.replace(/\\+n/g, '\n');
	const bare = shown.replace(/\[secret\]/g, '');
	for (let at = 0; at + 5 <= written.length; at++) {
		const run = written.slice(at, at + 5);
		// A line break is no part of a secret.
		if (!/[\s\\]/.test(run) && bare.includes(run)) {
			return run;
		}
	}

	return undefined;
}

function base64(text: string): string {
	return Buffer.from(text).toString('base64');
}

/** The base64 characters of the secret alone, with this many bytes before it. */
function inside(bytes: number, secret: string): string {
	const size = Buffer.byteLength(secret);
	const text = base64(`${'x'.repeat(bytes)}${secret}`);
	return text.slice(Math.ceil((bytes * 8) / 6), Math.floor(((bytes + size) * 8) / 6));
}

function wrapped(text: string, columns: number, lineEnd: string): string {
	return (text.match(new RegExp(`.{1,${columns}}`, 'g')) ?? []).join(lineEnd);
}

function hex(byte: number): string {
	return byte.toString(16).padStart(2, '0');
}
