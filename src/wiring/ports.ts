import {createBuilder} from '../adapters/builder/builder.ts';
import {openInventory} from '../adapters/inventory/inventory-file.ts';
import {createWoodpecker} from '../adapters/woodpecker/woodpecker.ts';
import {imageFor, meantPlatformsOf, registryFor} from '../domain/configuration.ts';
import {defined} from '../domain/defined.ts';
import type {ImageReference} from '../domain/image/reference.ts';
import type {SettingsValues} from '../domain/incident/settings.ts';
import type {JsonObject} from '../domain/json.ts';
import type {Ports} from '../engine/actions/action.ts';
import type {Builder} from '../engine/ports/builder.ts';
import {openShell, openStorage} from './host.ts';
import {withoutFilling} from './look.ts';
import {openRegistry, urlOf} from './registry.ts';
import type {Setup} from './setup.ts';
import {systemClock} from './setup.ts';

type OpenPorts = {ports: Ports; settings: JsonObject; close(): Promise<void>};

/** Builds the outside systems of one image from the configuration. None of them is contacted yet. */
export function openPorts(reference: ImageReference, setup: Setup): OpenPorts {
	const {configuration} = setup;
	const requests = createRequestLog();
	const opened = openRegistry(reference.host, setup, requests.add);
	const {secrets, known} = opened;
	const image = imageFor(configuration, reference, known?.name)?.image;

	const location = known?.registry.storage;
	const shell = location && openShell(location, setup);
	const storage = location && openStorage(location, setup, shell);
	const registry = withoutFilling(opened, setup, {storage});

	const inventory = known?.registry.inventory === undefined ? undefined : openInventory(known.registry.inventory);

	const {woodpecker} = configuration;
	const ci =
		woodpecker && image && (image.build || image.usedByPipelines.length > 0)
			? createWoodpecker({
					url: woodpecker.url,
					redact: setup.redaction.redact,
					token: () => secrets.read(woodpecker.token, 'the Woodpecker token'),
					onRequest: ({method, path, status}) => requests.add(`${method} ${path} ${status ?? 'no response'}`),
					sleep: systemClock.sleep,
					...defined({speed: setup.speed}),
				})
			: undefined;

	const fallbackShell = image?.fallback && (image.fallback.on === 'local' ? openShell({}, setup, 'build') : shell);
	const builder =
		fallbackShell &&
		withSecretsFirst(createBuilder({shell: fallbackShell, redact: setup.redaction.redact}), async () => {
			await Promise.allSettled([
				secrets.registry(reference.host),
				woodpecker && secrets.read(woodpecker.token, 'the Woodpecker token'),
			]);
		});

	return {
		ports: {
			registry,
			secrets,
			clock: systemClock,
			overhear: requests.listen,
			...defined({storage, ci, builder, inventory}),
		},
		settings: settingsOf(reference, setup),
		async close() {
			await Promise.allSettled([opened.close(), storage?.close(), ci?.close(), builder?.close()]);
			await Promise.allSettled([shell?.close(), fallbackShell?.close()]);
		},
	};
}

/**
 * What a build prints may hold a token that the build host has and that regmedic has not needed yet: where a command or a helper
 * prints it, it is asked for before the build is started. A secret that cannot be read does not stop the build.
 */
function withSecretsFirst(builder: Builder, learn: () => Promise<void>): Builder {
	return {
		...builder,
		async start(order, waiting) {
			await learn();
			return builder.start(order, waiting);
		},
	};
}

/** A step listens to the requests that are made while it runs. */
function createRequestLog() {
	const listeners = new Set<(line: string) => void>();
	return {
		add(line: string): void {
			for (const listener of listeners) {
				listener(line);
			}
		},
		listen(listener: (line: string) => void): () => void {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
}

/** The part of the configuration that the journal keeps: everything a step may need, and no secret. */
export function settingsOf(
	reference: ImageReference,
	{configuration, plainHttp = false, fillCache = false}: Pick<Setup, 'configuration' | 'plainHttp' | 'fillCache'>,
): JsonObject {
	const known = registryFor(configuration, reference.host);
	const image = imageFor(configuration, reference, known?.name)?.image;
	const {build, fallback} = image ?? {};
	const hasCi = build !== undefined && configuration.woodpecker !== undefined;

	return {
		host: reference.host,
		registry: known?.name ?? null,
		role: known?.registry.role ?? 'authoritative',
		platforms: meantPlatformsOf(configuration, known?.name) as JsonObject,
		...(fillCache && {fillCache}),
		plainHttp: plainHttp || (known?.registry.url ?? urlOf(reference.host, false)).startsWith('http:'),
		restart: known?.registry.storage?.restart ?? null,
		pipeline: hasCi ? `${build.repository}@${build.branch}` : null,
		repository: hasCi ? build.repository : null,
		branch: hasCi ? build.branch : null,
		runsInItself: build?.runsIn.includes(reference.repository) ?? false,
		usedByPipelines: configuration.woodpecker === undefined ? [] : (image?.usedByPipelines ?? []),
		fallback:
			fallback === undefined ? null : fallback.on === 'local' ? 'this machine' : (known?.registry.storage?.ssh ?? null),
		build: fallback === undefined ? null : {...fallback, branch: fallback.branch ?? null},
	} satisfies SettingsValues;
}
