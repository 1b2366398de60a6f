import type {RegistryLogin} from '../../../domain/registry-login.ts';
import type {RegistryRequest} from '../request.ts';
import type {Realm} from './challenges.ts';
import {basicHeader} from './credentials.ts';

/** What a token request carries besides its URL. */
export type TokenRequest = {url: URL} & Pick<RegistryRequest, 'method' | 'headers' | 'body'>;

/**
 * A password goes into a header; an identity token is posted, and never sent as a password.
 * @see distribution docs/spec/auth/token and docs/spec/auth/oauth
 */
export function tokenRequest({url, service}: Realm, scope: string, login: RegistryLogin | undefined): TokenRequest {
	if (login && 'identityToken' in login) {
		const form = new URLSearchParams({
			grant_type: 'refresh_token',
			...(service !== undefined && {service}),
			client_id: 'regmedic',
			scope,
			refresh_token: login.identityToken,
		});
		return {
			url,
			method: 'POST',
			headers: {'content-type': 'application/x-www-form-urlencoded'},
			body: Buffer.from(form.toString()),
		};
	}

	const asking = new URL(url);
	if (service !== undefined) {
		asking.searchParams.set('service', service);
	}

	for (const one of scope.split(' ')) {
		asking.searchParams.append('scope', one);
	}

	const isNamed = login !== undefined && 'username' in login;
	return {url: asking, method: 'GET', headers: isNamed ? {authorization: basicHeader(login)} : {}};
}
