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
 * The realm of a Bearer challenge, if it may be given the credentials: on the registry's own host, or on the one that the
 * configuration names. Otherwise anyone who can add a header to a response could redirect the credentials.
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

	const isNamed = tokenService !== undefined && url.origin === new URL(tokenService).origin;
	const isSafe = url.protocol === 'https:' || base.protocol === 'http:' || isLoopback(url.host);

	if (isNamed || (url.hostname === base.hostname && isSafe)) {
		return {url, service: parameters.get('service')};
	}

	throw new OperatorError(
		'registry.token-realm',
		url.hostname === base.hostname
			? `${host} names a token service without TLS: ${url.origin}.`
			: `${host} names a token service on another host: ${url.origin}.`,
		{hint: `If that is its token service, set tokenService: ${url.origin} of this registry.`, exit: 'refused'},
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

/** A repository's name may hold a port, and so a colon. */
function partsOf(scopes: string): {type: string; actions: string[]}[] {
	return scopesIn(scopes)
		.map(scope => ({
			type: scope.slice(0, scope.indexOf(':')),
			actions: scope.slice(scope.lastIndexOf(':') + 1).split(','),
		}))
		.sort((a, b) => b.actions.length - a.actions.length);
}
