import type {Credentials} from '../../../engine/ports/secrets.ts';
import {abortable} from '../connection/abortable.ts';
import type {Answer} from '../response.ts';
import {parseChallenges} from './challenges.ts';
import type {Identity} from './credentials.ts';
import {type Realm, realmOf} from './realm.ts';
import {agreedScope} from './scope.ts';
import type {Token, Tokens} from './tokens.ts';

const mostRenamed = 256;

/** What a request shows. */
export type Pass = {header: string; credentials?: Credentials; token?: Token};

export type Authorization = {
	/** What to show for this scope, as far as the registry has said what it wants. Undefined: nothing. At once, if it is known. */
	pass(scope: string, signal: AbortSignal): Promise<Pass | undefined> | Pass | undefined;
	/** What to show instead of what was answered with 401. Undefined: there is nothing else to try. */
	another(answer: Answer, shown: Pass | undefined, scope: string, signal: AbortSignal): Promise<Pass | undefined>;
	/** The registry took it. */
	accepted(shown: Pass): void;
};

/**
 * Basic, until the registry asks for a token.
 * @param tokensOf the tokens of a realm
 */
export function createAuthorization(
	{base, host, tokenService}: {base: URL; host: string; tokenService: string | undefined},
	identity: Identity,
	tokensOf: (realm: () => Realm) => Tokens,
): Authorization & {tokens: Tokens} {
	let realm: Realm | undefined;
	const tokens = tokensOf(() => realm!);
	/** Where the registry calls things otherwise than we do: ours to its. */
	const renamed = new Map<string, string>();
	const called = (scope: string) => renamed.get(scope) ?? scope;

	function rename(scope: string, agreed: string): void {
		if (agreed !== called(scope)) {
			renamed.delete(scope);
			renamed.set(scope, agreed);
			if (renamed.size > mostRenamed) {
				renamed.delete(renamed.keys().next().value!);
			}
		}
	}

	function withCredentials(credentials: Credentials | undefined): Pass | undefined {
		return credentials && {header: basic(credentials), credentials};
	}

	const withToken = (token: Token): Pass => ({header: `Bearer ${token.value}`, token});

	return {
		tokens,
		pass(scope, signal) {
			if (realm === undefined) {
				const known = identity.known();
				return known ? withCredentials(known.credentials) : abortable(identity.current(), signal).then(withCredentials);
			}

			const token = tokens.known(called(scope));
			return token ? withToken(token) : tokens.get(called(scope), signal).then(withToken);
		},
		async another(answer, shown, scope, signal) {
			const challenges = parseChallenges(answer.list('www-authenticate'));
			const bearer = challenges.find(challenge => challenge.scheme === 'bearer');

			if (bearer) {
				realm = realmOf(bearer, base, host, tokenService);
				const agreed = agreedScope(scope, bearer.parameters.get('scope'));
				const isNews = shown?.token === undefined || agreed !== called(scope);
				rename(scope, agreed);

				if (isNews) {
					return withToken(await tokens.get(agreed, signal));
				}

				return shown.token!.isProven ? withToken(await tokens.renewed(agreed, shown.token!, signal)) : undefined;
			}

			const credentials = shown?.credentials;
			return credentials && withCredentials(await abortable(identity.renewed(credentials), signal));
		},
		accepted({credentials, token}) {
			if (token) {
				token.isProven = true;
			} else if (credentials) {
				identity.accepted(credentials);
			}
		},
	};
}

export function basic({username, password}: Credentials): string {
	return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
