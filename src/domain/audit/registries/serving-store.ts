import type {Maintenance, RunningRegistry} from '../maintenance.ts';
import type {DescriptorCache} from './descriptor-cache.ts';
import type {Setting} from './registry-on-host.ts';
import {type ConfiguredRegistry, settingsIn} from './registry-settings.ts';

/**
 * The descriptor cache of the registry whose store was audited. `unknown` where several registries could be meant, and their
 * caches differ.
 */
export function descriptorCacheIn(maintenance: Pick<Maintenance, 'files' | 'running' | 'root'>): DescriptorCache {
	const {registries} = settingsIn(maintenance);
	const own = registriesOf(registries, maintenance.root).map(({cache}) => cache);
	const [first] = own;
	if (first === undefined) {
		return {kind: 'unknown', why: 'no configuration of this registry was found on its host'};
	}

	return own.every(({kind}) => kind === first.kind)
		? first
		: {kind: 'unknown', why: 'the host has several configurations of registries, and their caches differ'};
}

/** What makes the registry of the audited store a pull-through cache. Undefined: it is none, or that is not known. */
export function proxyIn(maintenance: Pick<Maintenance, 'files' | 'running' | 'root'>): Setting | undefined {
	const {root} = maintenance;
	// One that only may serve it may be any registry of the machine that holds a copy of a store.
	const serving = settingsIn(maintenance).registries.filter(
		registry => root !== undefined && serviceOf(registry, root) === 'serves',
	);
	const own = registriesOf(serving, root);
	return own.every(({proxy}) => proxy !== undefined) ? own[0]?.proxy : undefined;
}

/** Why the registry of the audited store accepts no deletes: `FILE does not enable them`. Undefined: it does, or that is not known. */
export function deletesRefusedIn(maintenance: Pick<Maintenance, 'files' | 'running' | 'root'>): string | undefined {
	const {root} = maintenance;
	const serving = settingsIn(maintenance).registries.filter(
		registry => root !== undefined && serviceOf(registry, root) === 'serves',
	);
	const own = registriesOf(serving, root);
	return own.every(({refusesDeletes}) => refusesDeletes !== undefined) ? own[0]?.refusesDeletes : undefined;
}

/** When the registry that serves the audited store was started, in seconds since 1970. Undefined: several may serve it, or none is seen. */
export function servingSince(maintenance: Pick<Maintenance, 'files' | 'running' | 'root'>): number | undefined {
	const {registries} = settingsIn(maintenance);
	const [serving, ...others] = registriesOf(registries, maintenance.root).filter(({isRunning}) => isRunning);
	return others.length === 0 ? serving?.started : undefined;
}

/**
 * The running registries that may serve the audited store. The others of the host say nothing about it: their version is not
 * the version that collects this store. One whose configuration was not read may serve any store.
 */
export function runningFor(maintenance: Pick<Maintenance, 'files' | 'running' | 'root'>): RunningRegistry[] {
	const {root, running} = maintenance;
	const {registries} = settingsIn(maintenance);
	// The running ones come first among the registries, in their own order.
	return running.filter((_, n) => registries[n] === undefined || mayServe(registries[n], root));
}

/** Whether a registry may serve a store. One whose configuration was not read may serve any. */
export function mayServe(registry: ConfiguredRegistry, store: string | undefined): boolean {
	return store === undefined || registry.cache.kind === 'unknown' || serviceOf(registry, store) !== 'other';
}

/** Those that serve this store; else those that may. The running ones decide. */
export function registriesOf(
	registries: readonly ConfiguredRegistry[],
	store: string | undefined,
): readonly ConfiguredRegistry[] {
	const related = registries.map(registry => ({
		registry,
		service: store === undefined ? 'possible' : serviceOf(registry, store),
	}));
	const of = (wanted: string) => related.filter(({service}) => service === wanted).map(({registry}) => registry);
	const found = of('serves').length > 0 ? of('serves') : of('possible');
	const running = found.filter(({isRunning}) => isRunning);
	return running.length > 0 ? running : found;
}

/** Whether a registry serves a store, as far as its mounts and its configuration tell. */
function serviceOf(
	{root, file, image, mounts, isRunning}: ConfiguredRegistry,
	store: string,
): 'serves' | 'possible' | 'other' {
	const folder = store.replace(/\/docker\/registry\/v2\/?$/, '').replace(/(?<=.)\/+$/, '');
	const volume = /\/volumes\/([^/]+)\/_data$/.exec(folder)?.[1];

	if (root === undefined) {
		// Its store is in the container, or in a volume without a name.
		const isUnseen = isRunning && mounts.length === 0;
		return isUnseen || (volume !== undefined && /^[0-9a-f]{64}$/.test(volume)) ? 'possible' : 'other';
	}

	if (!root.startsWith('/')) {
		// A volume `data` of the project `shop` is the folder `shop_data`.
		const isNamed = volume !== undefined && (volume === root || volume.endsWith(`_${root}`));
		return isNamed ? 'serves' : volume === undefined || root.includes('$') ? 'possible' : 'other';
	}

	// A configuration beside the store may be that of a container which no file of the host starts.
	const isBeside = image === undefined && file !== undefined && folder.startsWith(file.replace(/[^/]*$/, ''));
	return root === folder ? 'serves' : isBeside ? 'possible' : 'other';
}
