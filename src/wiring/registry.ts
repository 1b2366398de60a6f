import {proxiesIn} from '../adapters/registry/connection/proxies.ts';
import {createRegistry} from '../adapters/registry/registry.ts';
import {createSecrets, type ReadableSecrets} from '../adapters/secrets/secrets.ts';
import {type RegistryConfiguration, registryFor} from '../domain/configuration.ts';
import {defined} from '../domain/defined.ts';
import {respondingHost} from '../domain/image/docker-hub.ts';
import {isLoopback} from '../domain/image/reference.ts';
import type {Registry} from '../engine/ports/registry.ts';
import {secretCommandEnvironment} from './environments.ts';
import type {Setup} from './setup.ts';
import {systemClock} from './setup.ts';

export type OpenRegistry = {
	registry: Registry;
	secrets: ReadableSecrets;
	/** The configuration of this host, with its name. Undefined: the host is not configured. */
	known: {name: string; registry: RegistryConfiguration} | undefined;
	close(): Promise<void>;
};

/**
 * The registry that serves this host, as configured, or else as references to a host are usually meant.
 * @param onRequest called with a line for every request
 */
export function openRegistry(host: string, setup: Setup, onRequest?: (line: string) => void): OpenRegistry {
	const {configuration, environment, processes, redaction, signal} = setup;
	const known = registryFor(configuration, host);
	const openSecrets = () =>
		createSecrets({
			signal,
			environment,
			commandEnvironment: secretCommandEnvironment(environment, configuration),
			processes,
			redaction,
			// A host that is not configured may still be one that `docker login` knows.
			sourceOf: asked => (known ? (asked === host ? known.registry.credentials : undefined) : {docker: true}),
		});
	const secrets = openSecrets();
	let latest = secrets;
	const proxies = proxiesIn(environment);
	for (const {username, password} of [proxies.http, proxies.https].filter(proxy => proxy !== undefined)) {
		redaction.add(decodeURIComponent(password || username), decodeURIComponent(username));
	}

	const registry = createRegistry({
		host,
		url: known?.registry.url ?? urlOf(host, setup.plainHttp ?? false),
		credentials({again}) {
			// Secrets remember what they read.
			latest = again ? openSecrets() : latest;
			return latest.registry(host);
		},
		sought: () => latest.sought(host),
		onSecret: token => redaction.add(token),
		redact: redaction.redact,
		proxies,
		machine: {environment},
		clock: systemClock,
		...defined({
			caFile: known?.registry.caFile,
			clientCertificate: known?.registry.clientCertificate,
			tokenService: known?.registry.tokenService,
		}),
		...(onRequest && {
			onRequest: ({method, url, status, milliseconds}) =>
				onRequest(`${method} ${url} ${status ?? 'no response'} ${Math.round(milliseconds)} ms`),
		}),
	});
	return {registry, secrets, known, close: () => registry.close()};
}

/** A registry that is not asked for damage. Its credentials and certificates are those of the configured registry of this address, else Docker's. */
export function openRegistryAt(url: string, name: string, setup: Setup, onRequest?: (line: string) => void): Registry {
	const {configuration} = setup;
	const {host} = new URL(url);
	const own = {url, role: 'authoritative' as const, credentials: {docker: true as const}};
	const registries =
		registryFor(configuration, host) === undefined
			? {...configuration.registries, [name]: own}
			: configuration.registries;
	return openRegistry(host, {...setup, configuration: {...configuration, registries}}, onRequest).registry;
}

export function urlOf(host: string, plainHttp: boolean): string {
	return `${plainHttp || isLoopback(host) ? 'http' : 'https'}://${respondingHost(host)}`;
}
