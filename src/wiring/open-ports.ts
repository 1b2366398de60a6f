import {createBuilder} from '../adapters/builder/builder.ts';
import {createStorage} from '../adapters/storage/storage.ts';
import {createWoodpecker} from '../adapters/woodpecker/woodpecker.ts';
import {type Configuration, imageFor, registryFor} from '../domain/configuration.ts';
import {OperatorError} from '../domain/errors.ts';
import type {ImageReference} from '../domain/image/reference.ts';
import type {JsonObject} from '../domain/json.ts';
import type {Redaction} from '../domain/text/redaction.ts';
import type {Ports} from '../engine/actions/action.ts';
import type {Processes} from '../engine/ports/processes.ts';
import {systemClock} from './clock.ts';
import {createHearing} from './hearing.ts';
import {openRegistry, urlOf} from './open-registry.ts';
import {openShell} from './open-shell.ts';

export type Surroundings = {
	configuration: Configuration;
	/** Where it was read from; absent: there is none. */
	configurationFile?: string;
	environment: Record<string, string | undefined>;
	processes: Processes;
	/** Shared with whoever prints; without it, the ports keep what they learn to themselves. */
	redaction?: Redaction;
	/** What stands for `/` on the hosts whose upkeep is looked at: a rehearsal's host is a folder. Absent: the hosts themselves. */
	hostRoot?: string;
	/** Where sockets of shared connections may live. */
	runtimeFolder?: string;
	/** Ends what waits for a person's helpers: the commands that print secrets. */
	signal?: AbortSignal;
	/** Frees the terminal for a program that asks its person. */
	prompting?: (work: () => Promise<void>) => Promise<void>;
	/** `--plain-http`: also for a host that is not loopback. */
	plainHttp?: boolean;
};

export type OpenPorts = {ports: Ports; settings: JsonObject; close(): Promise<void>};

/** Builds the outside systems of one image from the configuration. Nothing is spoken to yet. */
export function openPorts(reference: ImageReference, surroundings: Surroundings): OpenPorts {
	const {configuration, hostRoot} = surroundings;
	const {host} = reference;
	const known = registryFor(configuration, host);
	const image = imageFor(configuration, reference, known?.name)?.image;
	const hearing = createHearing();
	const {registry, secrets} = openRegistry(host, surroundings, hearing);

	const shell = known?.registry.storage && openShell(known.registry.storage, surroundings);
	const storage =
		known?.registry.storage && shell
			? createStorage({
					shell,
					root: known.registry.storage.root,
					...(known.registry.storage.restart === undefined ? {} : {restartCommand: known.registry.storage.restart}),
					...(hostRoot === undefined ? {} : {hostRoot}),
				})
			: undefined;

	const {woodpecker} = configuration;
	const ci =
		woodpecker && image?.build
			? createWoodpecker({
					url: woodpecker.url,
					token: () => secrets.read(woodpecker.token, 'the Woodpecker token'),
					onRequest: ({method, path, status}) => hearing.tell(`${method} ${path} ${status ?? 'no answer'}`),
					sleep: systemClock.sleep,
				})
			: undefined;

	const fallbackShell = image?.fallback && (image.fallback.on === 'local' ? openShell({}, surroundings) : shell);
	const builder = fallbackShell && createBuilder({shell: fallbackShell});

	return {
		ports: {
			registry,
			secrets,
			clock: systemClock,
			overhear: hearing.listen,
			...(storage === undefined ? {} : {storage}),
			...(ci === undefined ? {} : {ci}),
			...(builder === undefined ? {} : {builder}),
		},
		settings: settingsOf(reference, surroundings),
		async close() {
			await Promise.allSettled([registry.close(), storage?.close(), ci?.close(), builder?.close()]);
			await Promise.allSettled([shell?.close(), fallbackShell?.close()]);
		},
	};
}

/** What the journal keeps of the configuration: everything a step may ask, and no secret. */
export function settingsOf(reference: ImageReference, {configuration, plainHttp = false}: Surroundings): JsonObject {
	const known = registryFor(configuration, reference.host);
	const image = imageFor(configuration, reference, known?.name)?.image;
	const {build, fallback} = image ?? {};
	const hasCi = build !== undefined && configuration.woodpecker !== undefined;

	return {
		host: reference.host,
		registry: known?.name ?? null,
		role: known?.registry.role ?? 'authoritative',
		plainHttp: plainHttp || (known?.registry.url ?? urlOf(reference.host, false)).startsWith('http:'),
		restart: known?.registry.storage?.restart ?? null,
		pipeline: hasCi ? `${build.repository}@${build.branch}` : null,
		repository: hasCi ? build.repository : null,
		branch: hasCi ? build.branch : null,
		runsInItself: build?.runsIn.includes(reference.repository) ?? false,
		fallback:
			fallback === undefined ? null : fallback.on === 'local' ? 'this machine' : (known?.registry.storage?.ssh ?? null),
		build: fallback === undefined ? null : {...fallback, branch: fallback.branch ?? null},
	};
}

/** @throws OperatorError configuration.no-registry: a name that the configuration does not have */
export function registryNamed({registries}: Configuration, name: string): Configuration['registries'][string] {
	const found = Object.hasOwn(registries, name) ? registries[name] : undefined;
	if (!found) {
		const names = Object.keys(registries);
		throw new OperatorError('configuration.no-registry', `The configuration has no registry "${name}".`, {
			hint: names.length === 0 ? 'It has none at all: write a regmedic.yaml.' : `It has: ${names.join(', ')}.`,
			exit: 'configuration',
		});
	}

	return found;
}
