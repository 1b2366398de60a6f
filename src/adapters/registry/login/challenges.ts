import {OperatorError} from '../../../domain/errors.ts';
import {isLoopback} from '../../../domain/image/reference.ts';
import type {RegistryOptions} from '../options.ts';

/** `Bearer realm="https://…",service="…"`: what a server requires. Scheme and names in lower case. */
type Challenge = {scheme: string; parameters: Map<string, string>};

/** Where tokens are requested, and for which service. */
export type Realm = {url: URL; service: string | undefined};

const token = String.raw`[!#$%&'*+.^_\`|~0-9A-Za-z-]+`;
const parameter = new RegExp(String.raw`\s*(${token})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?=,|$)`, 'sy');
const scheme = new RegExp(String.raw`\s*(${token})(?=\s|,|$)(?:[ \t]+([A-Za-z0-9._~+/-]+=*)\s*(?=,|$))?`, 'sy');
const comma = /[\s,]*/sy;

/**
 * The challenges of all WWW-Authenticate headers, joined by commas. The first unreadable one ends the list.
 * @see RFC 9110, 11.6.1: a comma separates both challenges and the parameters of one
 */
export function parseChallenges(header: string | undefined): Challenge[] {
	const text = header ?? '';
	const challenges: Challenge[] = [];
	let at = 0;

	const next = (pattern: RegExp): RegExpExecArray | null => {
		pattern.lastIndex = at;
		const found = pattern.exec(text);
		at = found === null ? at : pattern.lastIndex;
		return found;
	};

	while (at < text.length) {
		next(comma);
		const named = challenges.length === 0 ? null : next(parameter);

		if (named) {
			const value = named[2]?.replace(/\\(.)/gs, '$1') ?? named[3]!;
			const {parameters} = challenges.at(-1)!;
			const name = named[1]!.toLowerCase();
			// The first one counts: otherwise whatever is behind the server could add another realm.
			parameters.set(name, parameters.get(name) ?? value);
			continue;
		}

		const started = next(scheme);
		if (!started) {
			break;
		}

		challenges.push({scheme: started[1]!.toLowerCase(), parameters: new Map()});
	}

	return challenges;
}

/**
 * The realm of a Bearer challenge, if it may be given the login. The configured token service excludes every other. Without one
 * the registry's word counts, as for docker: it could have asked for the password itself. But TLS is never given up for it.
 * @throws OperatorError registry.token-realm
 */
export function realmOf(
	{parameters}: Challenge,
	{base, host, tokenService}: Pick<RegistryOptions, 'host' | 'tokenService'> & {base: URL},
): Realm {
	const text = parameters.get('realm') ?? '';
	const url = URL.canParse(text) ? new URL(text) : undefined;

	if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
		throw new OperatorError('registry.token-realm', `${host} requires a token but names no valid token service.`, {
			hint: 'Check auth.token.realm in the configuration of the registry.',
			exit: 'refused',
		});
	}

	if (tokenService === undefined ? isSafe(url, base) : url.origin === new URL(tokenService).origin) {
		return {url, service: parameters.get('service')};
	}

	throw new OperatorError(
		'registry.token-realm',
		tokenService === undefined
			? `${host} names a token service without TLS: ${url.origin}.`
			: `${host} names another token service than the configured one: ${url.origin}.`,
		{hint: `If that is its token service, set tokenService: ${url.origin} of this registry.`, exit: 'refused'},
	);
}

/** Plain HTTP only where the registry has no TLS either, on its own host, or where nothing leaves this machine. */
function isSafe(realm: URL, base: URL): boolean {
	const isOwnHost = realm.hostname === base.hostname;
	return (
		realm.protocol === 'https:' ||
		(base.protocol === 'http:' && isOwnHost) ||
		(isLoopback(realm.host) && (isOwnHost || (base.protocol === 'http:' && isLoopback(base.host))))
	);
}

/**
 * The scope to request a token for. A registry behind a proxy that maps names knows better what it calls a repository, but it
 * gets no token for more than was meant.
 * @param challenged of the challenge, if it named one
 */
export function agreedScope(meant: string, challenged = ''): string {
	const wanted = partsOf(meant);
	const parts = partsOf(challenged);
	// Sorted by the number of actions: each part needs a counterpart that allows as much.
	const isModest = parts.every(({type, actions}, at) => {
		const other = wanted[Math.min(at, wanted.length - 1)]!;
		return type === other.type && actions.every(action => other.actions.includes(action));
	});
	return parts.length > 0 && isModest ? scopesIn(challenged).join(' ') : meant;
}

function scopesIn(text: string): string[] {
	return text.split(' ').filter(scope => scope !== '');
}

/** The first repository of a scope. Undefined: it is about none. */
export function repositoryOf(scope: string): string | undefined {
	return /^repository:(\S+):[^:\s]+/.exec(scope)?.[1];
}

/** A repository's name may hold a port, and so a colon. */
function partsOf(scopes: string): {type: string; actions: string[]}[] {
	return scopesIn(scopes)
		.map(scope => ({
			type: scope.slice(0, scope.indexOf(':')),
			actions: scope.slice(scope.lastIndexOf(':') + 1).split(','),
		}))
		.sort((a, b) => b.actions.length - a.actions.length);
}
