import * as v from 'valibot';
import {OperatorError} from '../../../domain/errors.ts';
import {loginFor} from '../../../domain/registry-login.ts';
import {refusalFor} from '../errors/refusals.ts';
import {type RegistryResponse, readAll, readShort} from '../response.ts';
import type {Realm} from './challenges.ts';
import type {CredentialCache} from './credentials.ts';
import {type TokenRequest, tokenRequest} from './token-request.ts';
import type {TokenGrant} from './tokens.ts';
import type {LoginWay} from './way.ts';

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

type TokenOrder = {
	realm: Realm;
	scope: string;
	/** The repository that the scope was meant for. */
	repository: string | undefined;
	sought(): readonly string[];
};

/**
 * Requests one token for one scope, with the login of its repository if there is one.
 * @param send sends one request as it is: no redirect is followed with credentials
 * @throws OperatorError registry.unauthorized | registry.token-service | registry.*
 */
export async function requestToken(
	{realm, scope, repository, sought}: TokenOrder,
	cache: CredentialCache,
	send: (request: TokenRequest) => Promise<RegistryResponse>,
): Promise<TokenGrant> {
	let logins = await cache.current();
	let response = await send(tokenRequest(realm, scope, loginFor(logins, repository)));

	if (response.status === 401 && logins) {
		const renewed = await cache.renewed(logins);

		if (renewed) {
			await readShort(response);
			logins = renewed;
			response = await send(tokenRequest(realm, scope, loginFor(logins, repository)));
		}
	}

	const login = loginFor(logins, repository);
	const grant = await readGrant(response, {login, scope, realm: realm.url.origin, sought: sought()});
	cache.accepted(logins);
	return grant;
}

async function readGrant(response: RegistryResponse, way: LoginWay): Promise<TokenGrant> {
	const {status, url} = response;
	if (refusalStatuses.includes(status)) {
		throw await refusalFor(response, {way});
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
