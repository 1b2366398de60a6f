/** Which version of distribution the simulator behaves like: 2.8.3 or 3.1.1. */
export type Dialect = '2.8' | '3.1';

export function jsonType(dialect: Dialect): string {
	return dialect === '2.8' ? 'application/json; charset=utf-8' : 'application/json';
}

/** Go's encoder writes these as escapes. */
export function goJson(document: unknown): string {
	return JSON.stringify(document).replace(/[<>&]/g, sign => `\\u00${sign.charCodeAt(0).toString(16)}`);
}

/** What 3.1 says of a link that holds no digest. @see opencontainers/go-digest digest.go, Validate */
export function digestSentence(text: string): string {
	const [, algorithm, encoded] = /^([a-z0-9]+(?:[.+_-][a-z0-9]+)*):(.*)$/s.exec(text) ?? [];
	if (algorithm === undefined || encoded === undefined || encoded === '') {
		return 'invalid checksum digest format';
	}

	const lengths: Record<string, number> = {sha256: 64, sha384: 96, sha512: 128};
	const length = lengths[algorithm];
	return length === undefined
		? 'unsupported digest algorithm'
		: `invalid checksum digest ${encoded.length === length ? 'format' : 'length'}`;
}

const literals: Record<string, string> = {n: 'null', t: 'true', f: 'false'};

/** What Go says of a text that is no JSON. @param offset characters read until that is clear */
export function jsonSentence(text: string, offset: number, isCut: boolean): string {
	if (isCut) {
		return 'unexpected end of JSON input';
	}

	const [wrong, before] = [text[offset - 1] ?? '', text[offset - 2] ?? ''];
	const literal = literals[before];
	const context =
		literal === undefined ? 'looking for beginning of value' : `in literal ${literal} (expecting '${literal[1]}')`;
	return `invalid character '${wrong}' ${context}`;
}
