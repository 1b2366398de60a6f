import {proxiesIn} from '../adapters/registry/connection/proxies.ts';
import {createRegistry} from '../adapters/registry/registry.ts';
import {createSecrets, type ReadableSecrets} from '../adapters/secrets/secrets.ts';
import {type RegistryConfiguration, registryFor} from '../domain/configuration.ts';
import {isLoopback} from '../domain/image/reference.ts';
import {createRedaction} from '../domain/text/redaction.ts';
import type {Registry} from '../engine/ports/registry.ts';
import type {Secrets} from '../engine/ports/secrets.ts';
import {systemClock} from './clock.ts';
import type {createHearing} from './hearing.ts';
import type {Surroundings} from './open-ports.ts';

export type OpenRegistry = {
	registry: Registry;
	secrets: ReadableSecrets;
	/** What the configuration says of this host, and under which name. */
	known: {name: string; registry: RegistryConfiguration} | undefined;
};

/** The registry that serves this host, as the configuration describes it or as references to it are usually meant. */
export function openRegistry(
	host: string,
	surroundings: Surroundings,
	hearing?: Pick<ReturnType<typeof createHearing>, 'tell'>,
): OpenRegistry {
	const {configuration, environment, processes, signal} = surroundings;
	const known = registryFor(configuration, host);
	const redaction = surroundings.redaction ?? createRedaction();
	const openSecrets = () =>
		createSecrets({
			...(signal === undefined ? {} : {signal}),
			environment,
			processes,
			redaction,
			// A host that is not configured may still be one that `docker login` knows.
			sourceOf: asked => (known ? (asked === host ? known.registry.credentials : undefined) : {docker: true}),
		});
	const secrets = openSecrets();
	let latest: Secrets = secrets;
	const proxies = proxiesIn(environment);
	for (const {username, password} of [proxies.http, proxies.https].filter(proxy => proxy !== undefined)) {
		redaction.add(decodeURIComponent(password || username), decodeURIComponent(username));
	}

	const registry = createRegistry({
		host,
		url: known?.registry.url ?? urlOf(host, surroundings.plainHttp ?? false),
		credentials({again}) {
			// Secrets remember what they read.
			latest = again ? openSecrets() : latest;
			return latest.registry(host);
		},
		clock: systemClock,
		onSecret: token => redaction.add(token),
		proxies,
		...(known?.registry.caFile === undefined ? {} : {caFile: known.registry.caFile}),
		...(known?.registry.clientCertificate === undefined ? {} : {clientCertificate: known.registry.clientCertificate}),
		...(known?.registry.tokenService === undefined ? {} : {tokenService: known.registry.tokenService}),
		...(hearing === undefined
			? {}
			: {
					onRequest: ({method, url, status, milliseconds}) =>
						hearing.tell(`${method} ${url} ${status ?? 'no answer'} ${Math.round(milliseconds)} ms`),
				}),
	});
	return {registry, secrets, known};
}

export function urlOf(host: string, plainHttp: boolean): string {
	return `${plainHttp || isLoopback(host) ? 'http' : 'https'}://${host}`;
}
