import {createBuildCommand} from '../adapters/build-command/build-command.ts';
import {createBuilder} from '../adapters/builder/builder.ts';
import {openInventory} from '../adapters/inventory/inventory-file.ts';
import {createUnpacker} from '../adapters/unpack/unpacker.ts';
import {createWoodpecker} from '../adapters/woodpecker/woodpecker.ts';
import {type Configuration, imageFor, meantPlatformsOf, registryFor} from '../domain/configuration.ts';
import {defined} from '../domain/defined.ts';
import type {ImageReference} from '../domain/image/reference.ts';
import type {SettingsValues} from '../domain/incident/settings.ts';
import type {JsonObject} from '../domain/json.ts';
import {sayCommand} from '../domain/text/command.ts';
import type {Ports} from '../engine/actions/action.ts';
import type {Builder} from '../engine/ports/builder.ts';
import type {InventoryReader} from '../engine/ports/inventory.ts';
import type {Registry} from '../engine/ports/registry.ts';
import type {Shell} from '../engine/ports/shell.ts';
import type {Source} from '../engine/ports/source.ts';
import type {Storage} from '../engine/ports/storage.ts';
import type {UsageReader} from '../engine/ports/usage.ts';
import {secretCommandEnvironment} from './environments.ts';
import {openShell, openStorage, openStorageShells} from './host.ts';
import {withoutFilling} from './look.ts';
import {openRegistry, openRegistryAt, urlOf} from './registry.ts';
import {createRequestLog} from './request-log.ts';
import type {Setup} from './setup.ts';
import {systemClock} from './setup.ts';
import {openSources} from './sources.ts';
import {openUsage} from './usage.ts';

type OpenPorts = {ports: Ports; settings: JsonObject; close(): Promise<void>};

/** Builds the outside systems of one image from the configuration. None of them is contacted yet. */
export function openPorts(reference: ImageReference, setup: Setup, more: readonly Source[] = []): OpenPorts {
	const opened = openRegistryPorts(reference.host, setup, more);
	return {...opened.of(reference), close: opened.close};
}

export type OpenRegistryPorts = {
	/** Of any image of the registry: they share its connections. */
	of(reference: ImageReference): Omit<OpenPorts, 'close'>;
	registry: Registry;
	storage: Storage | undefined;
	inventory: InventoryReader | undefined;
	sources: readonly Source[];
	usage: UsageReader | undefined;
	/** May be called again. */
	close(): Promise<void>;
};

/** Builds the outside systems of one registry and its images from the configuration. None of them is contacted yet. */
export function openRegistryPorts(host: string, setup: Setup, more: readonly Source[] = []): OpenRegistryPorts {
	const {configuration} = setup;
	const requests = createRequestLog();
	const opened = openRegistry(host, setup, requests.add);
	const {secrets, known} = opened;

	const location = known?.registry.storage;
	const shells = location && openStorageShells(location, setup);
	const storage = location && openStorage(location, setup, shells);
	const registry = withoutFilling(opened, setup, {storage});

	// They may have a certificate of their own: that one of them refuses a login is a response as well.
	const plainHttp = known?.registry.url.startsWith('http:') ?? false;
	const addresses = (known?.registry.addresses ?? [])
		.filter(each => each !== host)
		.map(each => openRegistry(each, {...setup, plainHttp}, requests.add).registry);

	const upstreamUrl = known?.registry.upstream;
	const upstream = upstreamUrl === undefined ? undefined : openRegistryAt(upstreamUrl, 'upstream', setup, requests.add);

	const inventory = known?.registry.inventory === undefined ? undefined : openInventory(known.registry.inventory);
	const usage = openUsage(host, setup);

	const sources = [...more, ...openSources(known?.name, setup, requests.add)];

	const {woodpecker} = configuration;
	const openCi = () =>
		woodpecker &&
		createWoodpecker({
			url: woodpecker.url,
			redact: setup.redaction.redact,
			token: () => secrets.read(woodpecker.token, 'the Woodpecker token'),
			onRequest: ({method, path, status}) => requests.add(`${method} ${path} ${status ?? 'no response'}`),
			sleep: systemClock.sleep,
			...defined({speed: setup.speed}),
		});
	const openLocal = () => openShell({}, setup, 'build');
	const openBuilder = (on: Shell) =>
		withSecretsFirst(createBuilder({shell: on, redact: setup.redaction.redact}), async () => {
			await Promise.allSettled([
				secrets.registry(host),
				woodpecker && secrets.read(woodpecker.token, 'the Woodpecker token'),
			]);
		});
	// Its threads start with the first layer.
	const unpacker = createUnpacker();
	// The operator's CLI needs its own token, which only its author knows.
	const openBuildCommand = (command: string[], follow: string[] | undefined) =>
		createBuildCommand({
			command,
			...defined({follow}),
			environment: secretCommandEnvironment(setup.environment, configuration),
			processes: setup.processes,
		});
	let [ci, local, onHost]: [ReturnType<typeof openCi>?, Shell?, Shell?] = [];
	const builders = new Map<Shell, Builder>();
	let closed: Promise<void> | undefined;

	return {
		registry,
		storage,
		inventory,
		sources,
		usage,
		of: portsOf,
		close() {
			closed ??= closeAll();
			return closed;
		},
	};

	async function closeAll(): Promise<void> {
		const closing = [opened, upstream, ...addresses, storage, ...sources, ci, unpacker, ...builders.values()];
		await Promise.allSettled(closing.map(each => each?.close()));
		await Promise.allSettled([shells?.store, shells?.host, local, onHost].map(each => each?.close()));
	}

	function portsOf(reference: ImageReference): Omit<OpenPorts, 'close'> {
		const image = imageFor(configuration, reference, known?.name)?.image;
		const usesCi = image?.build?.repository !== undefined || usersOf(reference, configuration, known?.name).length > 0;
		ci ??= usesCi ? openCi() : undefined;
		const fallback = image?.fallback;
		local ??= fallback?.on === 'local' ? openLocal() : undefined;
		// A build needs no more rights than the login has, whoever owns the storage.
		onHost ??=
			fallback?.on === 'vm' && location?.become === 'sudo'
				? openShell({...location, become: undefined}, setup)
				: shells?.host;
		const builds = fallback && (fallback.on === 'local' ? local : onHost);
		const builder = builds && (builders.get(builds) ?? openBuilder(builds));
		if (builds && builder) {
			builders.set(builds, builder);
		}

		return {
			ports: {
				registry,
				...(registry !== opened.registry && {filling: opened.registry}),
				...(addresses.length > 0 && {addresses}),
				unpacker,
				secrets,
				clock: systemClock,
				of: portsOf,
				requests,
				...(sources.length > 0 && {sources}),
				...(image?.build?.command && {buildCommand: openBuildCommand(image.build.command, image.build.follow)}),
				...defined({upstream, storage, builder, inventory, usage, ci: usesCi ? ci : undefined}),
			},
			settings: settingsOf(reference, setup),
		};
	}
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

/** The part of the configuration that the journal keeps: everything a step may need, and no secret. */
export function settingsOf(
	reference: ImageReference,
	{configuration, plainHttp = false, fillCache = false}: Pick<Setup, 'configuration' | 'plainHttp' | 'fillCache'>,
): JsonObject {
	const known = registryFor(configuration, reference.host);
	const image = imageFor(configuration, reference, known?.name)?.image;
	const {build, fallback} = image ?? {};
	const {repository, branch} = build ?? {};
	const hasCi = repository !== undefined && branch !== undefined && configuration.woodpecker !== undefined;

	return {
		host: reference.host,
		registry: known?.name ?? null,
		role: known?.registry.role ?? 'authoritative',
		platforms: meantPlatformsOf(configuration, known?.name) as JsonObject,
		...(fillCache && {fillCache}),
		...(known?.registry.sources !== undefined && {sources: known.registry.sources}),
		plainHttp: plainHttp || (known?.registry.url ?? urlOf(reference.host, false)).startsWith('http:'),
		restart: known?.registry.storage?.restart ?? null,
		pipeline: hasCi ? `${repository}@${branch}` : null,
		order: build?.command === undefined ? null : {command: sayCommand(build.command), pushes: build.pushes ?? null},
		repository: hasCi ? repository : null,
		branch: hasCi ? branch : null,
		pushes: hasCi ? (build?.pushes ?? null) : null,
		runsIn: build?.runsIn ?? [],
		...(build?.from !== undefined && {from: build.from}),
		neededByPipelines: Object.values(configuration.images).some(
			each => each.registry === known?.name && each.build?.runsIn.includes(reference.repository),
		),
		runsInItself: build?.runsIn.includes(reference.repository) ?? false,
		usedByPipelines:
			configuration.woodpecker === undefined
				? []
				: usersOf(reference, configuration, known?.name).filter(each => each !== build?.repository),
		fallback:
			fallback === undefined ? null : fallback.on === 'local' ? 'this machine' : (known?.registry.storage?.ssh ?? null),
		build:
			fallback === undefined
				? null
				: {...fallback, branch: fallback.branch ?? null, platforms: fallback.platforms ?? null},
	} satisfies SettingsValues;
}

/** The repositories whose pipelines run in an image: those that it names, and those that build an image whose `runsIn` names it. */
function usersOf(reference: ImageReference, configuration: Configuration, registry: string | undefined): string[] {
	const builds = Object.values(configuration.images).flatMap(each =>
		each.registry === registry && each.build?.runsIn.includes(reference.repository)
			? (each.build.repository ?? [])
			: [],
	);
	const image = imageFor(configuration, reference, registry)?.image;
	return [...new Set([...(image?.usedByPipelines ?? []), ...builds])];
}
