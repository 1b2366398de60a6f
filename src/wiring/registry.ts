import {proxiesIn} from '../adapters/registry/connection/proxies.ts';
import {createRegistry} from '../adapters/registry/registry.ts';
import {createSecrets, type ReadableSecrets} from '../adapters/secrets/secrets.ts';
import {type RegistryConfiguration, registryFor} from '../domain/configuration.ts';
import {defined} from '../domain/defined.ts';
import {OperatorError} from '../domain/errors.ts';
import {isLoopback} from '../domain/image/reference.ts';
import type {Depth} from '../domain/image/verdict.ts';
import type {Registry} from '../engine/ports/registry.ts';
import type {Secrets} from '../engine/ports/secrets.ts';
import {hashingOnHost} from '../engine/scan/hash-on-host.ts';
import {secretCommandEnvironment} from './environments.ts';
import {openStorage} from './host.ts';
import type {Setup} from './setup.ts';
import {systemClock} from './setup.ts';

export type OpenRegistry = {
	registry: Registry;
	secrets: ReadableSecrets;
	/** The configuration of this host, with its name. Undefined: the host is not configured. */
	known: {name: string; registry: RegistryConfiguration} | undefined;
	close(): Promise<void>;
};

export type VerifyingOptions = {
	depth: Depth;
	/** Blobs larger than this many MiB are hashed on the registry's host, over SSH. */
	hashOnHost?: number;
};

const mebibyte = 1024 * 1024;

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
	let latest: Secrets = secrets;
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
		onSecret: token => redaction.add(token),
		redact: redaction.redact,
		proxies,
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

/**
 * A registry to verify images of. With `hashOnHost`, its storage on the host is opened, too.
 * @throws OperatorError verify.hash-on-host
 */
export function openRegistryToVerify(host: string, setup: Setup, {depth, hashOnHost}: VerifyingOptions): OpenRegistry {
	const opened = openRegistry(host, setup);
	if (hashOnHost === undefined) {
		return opened;
	}

	const location = opened.known?.registry.storage;
	if (location === undefined) {
		throw new OperatorError('verify.hash-on-host', `The configuration has no storage for ${host}.`, {
			hint: 'Add registries.….storage: {ssh: HOST, root: DIR}, or leave --hash-on-host out.',
			exit: 'configuration',
		});
	}

	if (depth !== 'content') {
		throw new OperatorError('verify.hash-on-host', `At depth ${depth} no blob is hashed.`, {
			hint: 'Add --depth content, or leave --hash-on-host out.',
			exit: 'usage',
		});
	}

	const storage = openStorage(location, setup);
	return {
		...opened,
		registry: hashingOnHost(opened.registry, storage, {aboveBytes: hashOnHost * mebibyte}),
		async close() {
			await Promise.allSettled([opened.close(), storage.close()]);
		},
	};
}

export function urlOf(host: string, plainHttp: boolean): string {
	return `${plainHttp || isLoopback(host) ? 'http' : 'https'}://${host}`;
}
