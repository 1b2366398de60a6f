import * as v from 'valibot';
import {OperatorError} from '../../../domain/errors.ts';
import type {Credentials} from '../../../engine/ports/secrets.ts';
import {refusalFor} from '../errors/refusals.ts';
import {type RegistryResponse, readAll, readShort} from '../response.ts';
import type {Realm} from './challenges.ts';
import {basicHeader, type CredentialCache} from './credentials.ts';
import type {TokenGrant} from './tokens.ts';

const responseLimit = 256 * 1024;
/** Statuses that mean the same here as they do from a registry. */
const refusalStatuses = [401, 403, 408, 429, 500, 501, 502, 503, 504];
/** Seconds, where the response names none. @see distribution: docs/spec/auth/token */
const usualLifetime = 60;
/** Beyond it, proxies in front of registries refuse the header. */
const longestToken = 32 * 1024;

const seconds = v.optional(v.pipe(v.number(), v.minValue(0)), usualLifetime);
/** `{"token": …, "expires_in": 300, "issued_at": "2026-04-19T02:00:00Z"}` */
const shape = v.pipe(
	v.string(),
	v.parseJson(),
	// OAuth 2 calls it access_token. Both may be present, and are the same.
	v.object({
		token: v.optional(v.string()),
		access_token: v.optional(v.string()),
		expires_in: v.fallback(seconds, usualLifetime),
		issued_at: v.optional(v.fallback(v.string(), '')),
	}),
	v.transform(({token, access_token, ...times}) => ({...times, token: token || access_token})),
);

/**
 * Requests one token for one scope, with credentials if there are any.
 * @param send sends one request as it is: no redirect is followed with credentials
 * @throws OperatorError registry.unauthorized | registry.token-service | registry.*
 */
export async function requestToken(
	{url, service}: Realm,
	scope: string,
	cache: CredentialCache,
	send: (url: URL, headers: Record<string, string>) => Promise<RegistryResponse>,
): Promise<TokenGrant> {
	const tokenUrl = new URL(url);
	if (service !== undefined) {
		tokenUrl.searchParams.set('service', service);
	}

	for (const one of scope.split(' ')) {
		tokenUrl.searchParams.append('scope', one);
	}

	const request = (credentials: Credentials | undefined) =>
		send(tokenUrl, credentials === undefined ? {} : {authorization: basicHeader(credentials)});
	let credentials = await cache.current();
	let response = await request(credentials);

	if (response.status === 401 && credentials) {
		const renewed = await cache.renewed(credentials);

		if (renewed) {
			await readShort(response);
			credentials = renewed;
			response = await request(renewed);
		}
	}

	const grant = await readGrant(response, credentials?.username);
	if (credentials) {
		cache.accepted(credentials);
	}

	return grant;
}

async function readGrant(response: RegistryResponse, user: string | undefined): Promise<TokenGrant> {
	const {status, url} = response;
	if (refusalStatuses.includes(status)) {
		throw await refusalFor(response, {user});
	}

	const text = status === 200 ? (await readAll(response, responseLimit)).toString('utf8') : await readShort(response);
	const grant = status === 200 ? parseGrant(text, response.header('date')) : undefined;
	if (grant === undefined) {
		throw new OperatorError(
			'registry.token-service',
			`The token service at ${url.host} responded ${status} without a token.`,
			{
				hint: 'Check the log of the token service, and auth.token.realm in the configuration of the registry.',
				exit: 'failed',
			},
		);
	}

	return grant;
}

/**
 * Undefined: it holds no usable token.
 * @param date of the response: services issue a token again that they made before, and only their own clock tells its age
 */
function parseGrant(text: string, date: string | undefined): TokenGrant | undefined {
	const parsed = v.safeParse(shape, text);
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
