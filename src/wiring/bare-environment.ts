import type {Configuration, SecretSource} from '../domain/configuration.ts';

/** What programs of this machine are started with: everything but the variables that the configuration takes secrets from. */
export function bareEnvironment(
	environment: Record<string, string | undefined>,
	{registries, woodpecker}: Configuration,
): Record<string, string | undefined> {
	const secret = new Set(woodpecker === undefined ? [] : variableOf(woodpecker.token));
	for (const {credentials} of Object.values(registries)) {
		if (credentials !== undefined && 'env' in credentials) {
			secret.add(credentials.env.password);
		} else if (credentials !== undefined && 'password' in credentials) {
			for (const name of variableOf(credentials.password)) {
				secret.add(name);
			}
		}
	}

	return Object.fromEntries(Object.entries(environment).filter(([name]) => !secret.has(name)));
}

function variableOf(source: SecretSource): string[] {
	return 'env' in source ? [source.env] : [];
}
