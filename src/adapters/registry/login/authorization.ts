import {abortable} from '../../../domain/abortable.ts';
import {loginFor, type RegistryLogin, type RegistryLogins} from '../../../domain/registry-login.ts';
import type {RegistryOptions} from '../options.ts';
import type {RegistryResponse} from '../response.ts';
import {agreedScope, parseChallenges, type Realm, realmOf, repositoryOf} from './challenges.ts';
import {basicHeader, type CredentialCache} from './credentials.ts';
import {createTokens, type Token, type TokenGrant, type Tokens} from './tokens.ts';
import type {LoginWay} from './way.ts';

const mostRenamedScopes = 256;

/** The Authorization header of a request, and what it is made of. */
export type Authorization = {header: string; logins?: RegistryLogins; token?: Token};

type Authorizer = {
	/**
	 * What to send for this scope, as far as the registry has said what it requires. Undefined: nothing. Not a promise where it
	 * is known at once: a walk is thousands of requests.
	 */
	authorize(scope: string, signal: AbortSignal): Promise<Authorization | undefined> | Authorization | undefined;
	/** What to send instead of what was refused with this 401. Undefined: there is nothing else to try. */
	answerChallenge(
		response: RegistryResponse,
		refused: Authorization | undefined,
		scope: string,
		signal: AbortSignal,
	): Promise<Authorization | undefined>;
	/** The registry accepted it. */
	accepted(authorization: Authorization): void;
	/** How a request for this scope logged in. */
	way(scope: string, authorization: Authorization | undefined): LoginWay;
	/** Hides the tokens in use. */
	mask(text: string): string;
};

type AuthorizerOptions = Pick<RegistryOptions, 'host' | 'tokenService' | 'onSecret' | 'clock' | 'sought'> & {
	base: URL;
	credentials: CredentialCache;
	/** Requests one token from the token service. @param repository that the scope was meant for */
	requestToken: (realm: Realm, scope: string, repository: string | undefined) => Promise<TokenGrant>;
};

type TokenLogin = {realm: Realm; tokens: Tokens};

/** Sends credentials until the registry requires a token. */
export function createAuthorizer(options: AuthorizerOptions): Authorizer {
	const {credentials} = options;
	let login: TokenLogin | undefined;
	/** Scopes that the registry names differently: ours to its own. */
	const renamed = new Map<string, string>();
	const nameOf = (scope: string) => renamed.get(scope) ?? scope;

	function rename(scope: string, agreed: string): void {
		if (agreed === nameOf(scope)) {
			return;
		}

		renamed.delete(scope);
		renamed.set(scope, agreed);
		if (renamed.size > mostRenamedScopes) {
			renamed.delete(renamed.keys().next().value!);
		}
	}

	/** The repository that a scope was meant for, where the registry names it differently. */
	function meantBy(agreed: string): string | undefined {
		const [meant = agreed] = [...renamed].find(([, name]) => name === agreed) ?? [];
		return repositoryOf(meant);
	}

	/** The tokens stay when the registry names another realm. */
	function tokensOf(realm: Realm): Tokens {
		if (login) {
			login.realm = realm;
			return login.tokens;
		}

		const opened: TokenLogin = {
			realm,
			tokens: createTokens(scope => options.requestToken(opened.realm, scope, meantBy(scope)), options),
		};
		login = opened;
		return opened.tokens;
	}

	return {
		authorize(scope, signal) {
			const known = credentials.known();
			// Tokens outlast logins that are just being obtained anew.
			if (known === undefined && login === undefined) {
				return abortable(credentials.current(), signal).then(logins => withLogin(logins, scope));
			}

			const own = loginFor(known?.logins, repositoryOf(scope));
			if (login === undefined || (own && 'registryToken' in own)) {
				return withLogin(known?.logins, scope);
			}

			const {tokens} = login;
			const token = tokens.known(nameOf(scope));
			return token ? withToken(token) : tokens.get(nameOf(scope), signal).then(withToken);
		},
		async answerChallenge(response, refused, scope, signal) {
			const challenges = parseChallenges(response.list('www-authenticate'));
			const bearer = challenges.find(challenge => challenge.scheme === 'bearer');

			if (bearer && !isRegistryToken(loginFor(refused?.logins, repositoryOf(scope)))) {
				const tokens = tokensOf(realmOf(bearer, options));
				const agreed = agreedScope(scope, bearer.parameters.get('scope'));
				const token = refused?.token;

				// A first token for this scope, or one for the name that the registry uses.
				if (token === undefined || agreed !== nameOf(scope)) {
					rename(scope, agreed);
					return withToken(await tokens.get(agreed, signal));
				}

				return token.isProven ? withToken(await tokens.renewed(agreed, token, signal)) : undefined;
			}

			return refused?.logins && withLogin(await abortable(credentials.renewed(refused.logins), signal), scope);
		},
		accepted(authorization) {
			if (authorization.token) {
				authorization.token.isProven = true;
			} else if (authorization.logins) {
				credentials.accepted(authorization.logins);
			}
		},
		way(scope, authorization) {
			const own = loginFor(credentials.known()?.logins, repositoryOf(scope));
			return {
				login: own,
				scope: nameOf(scope),
				realm: isRegistryToken(own) ? undefined : login?.realm.url.origin,
				hasToken: authorization?.token !== undefined,
				sought: options.sought?.() ?? [],
			};
		},
		mask(text) {
			let masked = text;
			for (const token of login?.tokens.values() ?? []) {
				masked = masked.replaceAll(token, '[secret]');
			}

			return masked;
		},
	};
}

/** What is sent before a token is required. An identity token is never sent to the registry. */
function withLogin(logins: RegistryLogins, scope: string): Authorization | undefined {
	const login = loginFor(logins, repositoryOf(scope));
	if (login === undefined || 'identityToken' in login) {
		return undefined;
	}

	return {header: 'username' in login ? basicHeader(login) : `Bearer ${login.registryToken}`, logins};
}

function isRegistryToken(login: RegistryLogin | undefined): boolean {
	return login !== undefined && 'registryToken' in login;
}

function withToken(token: Token): Authorization {
	return {header: `Bearer ${token.value}`, token};
}
