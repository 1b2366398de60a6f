import * as v from 'valibot';

/** Seconds; what the specification says where nothing is said. @see distribution: docs/spec/auth/token */
const usualLifetime = 60;
/** Beyond it, proxies in front of registries refuse the header. */
const longestToken = 32 * 1024;

const seconds = v.optional(v.pipe(v.number(), v.minValue(0)), usualLifetime);
const shape = v.pipe(
	// OAuth 2 calls it access_token; both may be there, and are the same.
	v.object({
		token: v.optional(v.string()),
		access_token: v.optional(v.string()),
		expires_in: v.fallback(seconds, usualLifetime),
		issued_at: v.optional(v.fallback(v.string(), '')),
	}),
	v.transform(({token, access_token, ...times}) => ({...times, token: token || access_token})),
);

/**
 * `{"token": …, "expires_in": 300, "issued_at": "2026-04-19T02:00:00Z"}`. Undefined: there is no usable token in it.
 * @param date of the answer: services hand out tokens again that they made before, and only their own clock tells how old
 */
export function parseTokenAnswer(
	text: string,
	date: string | undefined,
): {token: string; lifetimeMs: number} | undefined {
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch {
		return undefined;
	}

	const parsed = v.safeParse(shape, json);
	if (!parsed.success) {
		return undefined;
	}

	const {token, expires_in, issued_at = ''} = parsed.output;
	if (token === undefined || token.length > longestToken || !/^[\x21-\x7e]+$/.test(token)) {
		return undefined;
	}

	const age = Date.parse(date ?? '') - Date.parse(issued_at);
	return {token, lifetimeMs: expires_in * 1000 - (age > 0 ? age : 0)};
}
