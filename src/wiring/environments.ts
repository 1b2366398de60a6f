import type {Configuration, SecretSource} from '../domain/configuration.ts';

type Environment = Record<string, string | undefined>;

/** What programs on this machine need: a shell, find, the container engines, systemctl, kubectl, git over SSH. */
const passedOn = new Set(
	[
		'PATH HOME USER LOGNAME SHELL LANG LANGUAGE TZ TMPDIR',
		'XDG_RUNTIME_DIR XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME DBUS_SESSION_BUS_ADDRESS',
		'DOCKER_HOST DOCKER_CONFIG DOCKER_CONTEXT DOCKER_CERT_PATH DOCKER_TLS DOCKER_TLS_VERIFY DOCKER_API_VERSION',
		'DOCKER_BUILDKIT BUILDX_BUILDER BUILDX_CONFIG COMPOSE_FILE COMPOSE_PROJECT_NAME COMPOSE_PROFILES',
		'CONTAINER_HOST CONTAINER_CONNECTION CONTAINER_SSHKEY CONTAINERS_CONF CONTAINERS_CONF_OVERRIDE',
		'CONTAINERS_REGISTRIES_CONF CONTAINERS_STORAGE_CONF STORAGE_DRIVER STORAGE_OPTS BUILDAH_ISOLATION BUILDAH_FORMAT',
		'REGISTRY_AUTH_FILE KUBECONFIG SSH_AUTH_SOCK SSH_AGENT_PID GIT_SSH GIT_SSH_COMMAND GIT_SSL_CAINFO',
		'GIT_CONFIG_GLOBAL SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE KRB5CCNAME NO_PROXY no_proxy',
	].flatMap(names => names.split(' ')),
);
const proxies = /^(?:https?|all)_proxy$/i;

/**
 * The environment of programs on this machine: chosen names, and no token or password of regmedic's own.
 * @param purpose a build clones and pulls, so it gets the proxies with their logins
 */
export function programEnvironment(environment: Environment, purpose: 'build' | 'storage'): Environment {
	return only(
		environment,
		(name, value) =>
			passedOn.has(name) ||
			name.startsWith('LC_') ||
			(proxies.test(name) && (purpose === 'build' || !value.includes('@'))),
	);
}

/**
 * The environment of commands and credential helpers that print a secret. Which variables they need only their author knows
 * (`VAULT_TOKEN`, `AWS_*`), so they get all but the secrets that the configuration takes from variables itself.
 */
export function secretCommandEnvironment(environment: Environment, configuration: Configuration): Environment {
	const secrets = secretVariables(configuration);
	return only(environment, name => !secrets.has(name));
}

function secretVariables({registries, woodpecker}: Configuration): Set<string> {
	const secrets = new Set(['PUSHGATEWAY_PASSWORD', ...(woodpecker === undefined ? [] : variablesOf(woodpecker.token))]);
	for (const {credentials} of Object.values(registries)) {
		if (credentials !== undefined && 'env' in credentials) {
			secrets.add(credentials.env.password);
		} else if (credentials !== undefined && 'password' in credentials) {
			for (const name of variablesOf(credentials.password)) {
				secrets.add(name);
			}
		}
	}

	return secrets;
}

function variablesOf(source: SecretSource): string[] {
	return 'env' in source ? [source.env] : [];
}

function only(environment: Environment, keep: (name: string, value: string) => boolean): Environment {
	return Object.fromEntries(
		Object.entries(environment).filter(([name, value]) => value !== undefined && keep(name, value)),
	);
}
