import {OperatorError} from '../../../domain/errors.ts';
import {isLoopback} from '../../../domain/image/reference.ts';
import type {Challenge} from './challenges.ts';

/** Where tokens are asked for, and on whose behalf. */
export type Realm = {url: URL; service: string | undefined};

/**
 * The realm of a Bearer challenge, if it may be given the credentials: the registry's own host, or the one that the
 * configuration names. Whoever can put a header into an answer could have them sent anywhere otherwise.
 * @throws OperatorError registry.token-realm
 */
export function realmOf({parameters}: Challenge, base: URL, host: string, tokenService: string | undefined): Realm {
	const text = parameters.get('realm') ?? '';
	const url = URL.canParse(text) ? new URL(text) : undefined;

	if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
		throw new OperatorError('registry.token-realm', `${host} wants a token and names no address to get one from.`, {
			hint: 'Look at auth.token.realm in the configuration of the registry.',
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
			? `${host} sends us to ${url.origin} for a token, which is not encrypted.`
			: `${host} sends us to another host for a token: ${url.origin}.`,
		{hint: `If that is its token service, set tokenService: ${url.origin} of this registry.`, exit: 'refused'},
	);
}
