/** What opens a registry, and where it comes from, for messages: `the entry "registry.example" of /root/.docker/config.json`. */
export type RegistryLogin = {from?: string} & (
	| {username: string; password: string}
	/** Exchanged for tokens at the realm, and sent nowhere else. */
	| {identityToken: string}
	/** Sent to the registry as it is. */
	| {registryToken: string}
);

/** Logins of repositories and of the folders above them (`acme`, `acme/secret`), and the one for all others. */
type LoginsByRepository = {byRepository: ReadonlyMap<string, RegistryLogin>; others: RegistryLogin | undefined};

/** Undefined: anonymous. */
export type RegistryLogins = RegistryLogin | LoginsByRepository | undefined;

/** The login of the longest path that leads to the repository. @param repository undefined: for what belongs to no repository */
export function loginFor(logins: RegistryLogins, repository: string | undefined): RegistryLogin | undefined {
	if (logins === undefined || !('byRepository' in logins)) {
		return logins;
	}

	const {byRepository, others} = logins;
	const words = repository?.split('/') ?? [];
	for (let length = words.length; length > 0; length--) {
		const found = byRepository.get(words.slice(0, length).join('/'));
		if (found !== undefined) {
			return found;
		}
	}

	return others;
}

/** What is logged in, never a secret: `nora`, `an identity token`. */
export function whoLogsIn(login: RegistryLogin): string {
	return 'username' in login ? login.username : 'identityToken' in login ? 'an identity token' : 'a registry token';
}
