import {defined} from '../../defined.ts';
import type {Maintenance} from '../maintenance.ts';
import {imagesInCompose, registriesInCompose} from './compose.ts';
import {isTrue, type RegistryConfigurationFile, readConfigurationFile} from './configuration-file.ts';
import {registriesStarted, registryInQuadlet, runningRegistry} from './containers.ts';
import {type Configuration, type DescriptorCache, descriptorCacheOf} from './descriptor-cache.ts';
import {hostPath, imageConfigurations, isRegistryImage, type RegistryOnHost, type Setting} from './registry-on-host.ts';

/** A registry of the host, with what its configuration and its variables come to. */
export type ConfiguredRegistry = RegistryOnHost & {
	cache: DescriptorCache;
	/** The path of its configuration file on the host. */
	file?: string;
	/** What makes it a pull-through cache. */
	proxy?: Setting;
	/** The folder of its store on the host, or the name of a volume. */
	root?: string;
	/** Why it accepts no deletes: `FILE does not enable them`. Absent: it does, or that is not known. */
	refusesDeletes?: string;
};

/** How the registries of a host are configured. */
export type RegistrySettings = {
	/** `registry:2`, of a compose file, a quadlet or a container. */
	images: Setting[];
	/** Those that run come first. */
	registries: ConfiguredRegistry[];
	/** What allows deletes. */
	deletes: Setting[];
	/** Whether any configuration of a registry was found: without one, nothing is known of its cache. */
	known: boolean;
};

export function settingsIn({files, running}: Pick<Maintenance, 'files' | 'running'>): RegistrySettings {
	const ofKind = (...kinds: string[]) => files.filter(({kind}) => kinds.includes(kind));
	const configurations = ofKind('configuration').map(readConfigurationFile);
	const quadlets = ofKind('quadlet').flatMap(file => registryInQuadlet(file) ?? []);
	const runningNow = running.map(runningRegistry);
	const declared = [
		...ofKind('compose').flatMap(file => registriesInCompose(file, ofKind('environment'))),
		...quadlets,
		...ofKind('crontab', 'script', 'unit').flatMap(registriesStarted),
	].filter(({names}) => !runningNow.some(each => each.names.some(name => names.includes(name))));
	const found = [...runningNow, ...declared].map(registry => configure(registry, configurations));
	const used = new Set(found.map(({file}) => file));
	// A configuration that no container has is that of a program of the host. Other programs also have a section `storage`.
	const programs = configurations
		.filter(({path, cache, root}) => !used.has(path) && (cache !== undefined || root !== undefined))
		.map(({path}) =>
			configure({names: [], variables: new Map(), configuration: path, mounts: [], isRunning: false}, configurations),
		);
	const registries = [...found, ...programs];

	return {
		images: [
			...ofKind('compose').flatMap(imagesInCompose),
			...[...quadlets, ...runningNow].flatMap(({image}) => (image && isRegistryImage(image.value) ? [image] : [])),
		],
		registries: registries.map(({deletes: _, ...registry}) => registry),
		deletes: registries.flatMap(({deletes}) => deletes ?? []),
		known: registries.length > 0,
	};
}

const rootVariable = 'REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY';
const proxyVariable = 'REGISTRY_PROXY_REMOTEURL';
const deletesVariable = 'REGISTRY_STORAGE_DELETE_ENABLED';
/** @see distribution cmd/registry/config-example.yml */
const imageRoot = '/var/lib/registry';

function configure(
	registry: RegistryOnHost,
	configurations: readonly RegistryConfigurationFile[],
): ConfiguredRegistry & {deletes?: Setting | undefined} {
	const {path, configuration} = configurationOf(registry, configurations);
	const file = configuration !== 'of the image' && !('unread' in configuration) ? configuration : undefined;
	const root = registry.variables.get(rootVariable)?.value ?? file?.root ?? imageRoot;
	const proxy = registry.variables.get(proxyVariable) ?? file?.proxy;
	const deletes = registry.variables.get(deletesVariable);
	return {
		...registry,
		cache: descriptorCacheOf(registry, configuration),
		...defined({
			file: path,
			// A variable without a value takes it back. @see distribution v2.8.3 handlers/app.go: a cache has a `remoteurl`
			proxy: proxy === undefined || proxy.value === '' ? undefined : proxy,
			root: hostPath(registry, root),
			deletes: deletes === undefined ? file?.deletes : isTrue(deletes.value) ? deletes : undefined,
			refusesDeletes: refusesDeletes(registry.variables, file),
		}),
	};
}

/**
 * Deletes are off where nothing turns them on. A variable replaces what it names, with everything below.
 * @see distribution v2.8.3 registry/handlers/app.go: `storage.delete.enabled`; configuration/parser.go
 */
function refusesDeletes(
	variables: RegistryOnHost['variables'],
	file: RegistryConfigurationFile | undefined,
): string | undefined {
	const own = variables.get(deletesVariable);
	const isSetElsewhere = variables.has('REGISTRY_STORAGE') || variables.has('REGISTRY_STORAGE_DELETE');
	if (own !== undefined) {
		return isTrue(own.value) || own.value === '' || own.value.includes('$')
			? undefined
			: `${own.file} sets ${deletesVariable} to ${own.value}`;
	}

	return isSetElsewhere || file === undefined || file.deletes !== undefined
		? undefined
		: `${file.path} does not enable them`;
}

function configurationOf(
	registry: RegistryOnHost,
	configurations: readonly RegistryConfigurationFile[],
): {path?: string; configuration: Configuration} {
	const {configuration, image} = registry;
	for (const inside of configuration === undefined ? imageConfigurations : [configuration]) {
		const path = hostPath(registry, inside);
		if (path !== undefined) {
			const file = configurations.find(each => each.path === path);
			return {path, configuration: file ?? {unread: `${path}, the configuration of a registry, was not read`}};
		}
	}

	// An image of another name than distribution's has a configuration of its own.
	return {
		configuration:
			image !== undefined && isRegistryImage(image.value)
				? 'of the image'
				: {unread: 'the configuration inside a registry’s image was not read'},
	};
}
