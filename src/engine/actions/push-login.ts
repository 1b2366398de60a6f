import {OperatorError} from '../../domain/errors.ts';
import type {ImageReference} from '../../domain/image/reference.ts';
import {loginFor} from '../../domain/registry-login.ts';
import type {BuildOrder} from '../ports/builder.ts';
import type {Secrets} from '../ports/secrets.ts';

/**
 * What a build program logs in with to push this image. A registry token opens nothing for buildah and podman.
 * @throws OperatorError build.login: only a registry token is there
 * @see containers/image pkg/docker/config: its entries have no `registrytoken`
 */
export async function pushLogin(
	{host, repository}: ImageReference,
	secrets: Pick<Secrets, 'registry'>,
): Promise<BuildOrder['credentials']> {
	const login = loginFor(await secrets.registry(host), repository);
	if (login === undefined) {
		return undefined;
	}

	if ('registryToken' in login) {
		throw new OperatorError(
			'build.login',
			`${login.from ?? `The login of ${host}`} is a registry token, which no build program can push with.`,
			{
				hint: 'Configure a name and a password for this registry, or log in anew: docker login.',
				exit: 'configuration',
			},
		);
	}

	return 'identityToken' in login
		? {identityToken: login.identityToken}
		: {username: login.username, password: login.password};
}
