import {type Configuration, meantPlatformsOf} from '../../domain/configuration.ts';
import {defined} from '../../domain/defined.ts';
import type {ErrorCode} from '../../domain/error-codes.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {RegistryRole} from '../../domain/image/verdict.ts';
import type {Scan} from '../../domain/storage/findings/finding.ts';
import type {WalkRules} from '../../domain/storage/walk/walk-manifest.ts';
import type {StorageLocation} from '../../wiring/host.ts';

export type ScannedStore = {
	root: string;
	role: RegistryRole;
	/** The registry's own configuration file, where the role is from there. */
	saidBy?: string;
	scan: Scan;
};

type FoundStore = {root: string; role?: RegistryRole; saidBy?: string};

/** `gaps`: folders that could not be read, and may hold other stores. */
export type ScannedStores = {stores: ScannedStore[]; gaps: string[]};

export type ScanStoresOptions = {
	location: Pick<StorageLocation, 'ssh' | 'volume'> & {root: string};
	configuration: Configuration;
	/** The configured registry that was named. */
	named: string | undefined;
	/** The stores below a folder. @throws OperatorError storage.no-base: there is no such folder */
	findStores(base: string): Promise<{stores: FoundStore[]; gaps: string[]}>;
	/**
	 * @param name of the configured registry
	 * @throws OperatorError storage.no-root | storage.other-store: the folder is not a store that can be scanned
	 */
	scanStore(root: string, rules: WalkRules, name: string | undefined): Promise<Scan>;
};

/**
 * Scans the store in this folder or, where the folder is no store itself, every store below it. The role of a configured
 * registry is in the configuration; the role of any other is in the registry's own configuration file.
 * @throws OperatorError storage.no-root | storage.other-store: there is no store in the folder, and none below it
 */
export async function scanStores({
	location: {root, ssh, volume},
	configuration,
	named,
	findStores,
	scanStore,
}: ScanStoresOptions): Promise<ScannedStores> {
	const nameOf = (folder: string) => named ?? configuredName(configuration, {folder, ssh, volume});
	const roleOf = (name: string | undefined) => (name === undefined ? undefined : configuration.registries[name]?.role);
	try {
		const name = nameOf(root);
		const role = roleOf(name) ?? 'authoritative';
		const scan = await scanStore(root, {role, platforms: meantPlatformsOf(configuration, name)}, name);
		return {stores: [{root, role, scan}], gaps: []};
	} catch (error) {
		const found = isNoStore(error) ? await findBelow(root, findStores) : undefined;
		// The folder itself was refused already, with its reason.
		if (found === undefined || found.stores.every(store => isSameFolder(store.root, root))) {
			throw error;
		}

		const stores: ScannedStore[] = [];
		for (const store of found.stores) {
			const name = nameOf(store.root);
			const configured = roleOf(name);
			const its = configured ?? store.role ?? 'authoritative';
			const rules = {role: its, platforms: meantPlatformsOf(configuration, name)};
			const scan = await scanStore(store.root, rules, name).catch(failure => unread(store.root, failure));
			const saidBy = configured === undefined ? store.saidBy : undefined;
			stores.push({root: store.root, role: its, scan, ...defined({saidBy})});
		}

		return {stores, gaps: found.gaps};
	}
}

function isSameFolder(one: string, other: string): boolean {
	const plain = (folder: string) => folder.replace(/(?<=.)\/+$/, '').replace(/\/docker\/registry\/v2$/, '');
	return plain(one) === plain(other);
}

/** Undefined for a folder that does not exist: scanning it has failed with a better message. */
async function findBelow(root: string, find: ScanStoresOptions['findStores']) {
	return find(root).catch(error => {
		if (isCode(error, 'storage.no-base')) {
			return undefined;
		}

		throw error;
	});
}

/** The folder itself is none that can be scanned; stores may lie below it. */
function isNoStore(error: unknown): boolean {
	return isCode(error, 'storage.no-root') || isCode(error, 'storage.other-store');
}

function isCode(error: unknown, code: ErrorCode): boolean {
	return error instanceof OperatorError && error.code === code;
}

function configuredName(
	{registries}: Configuration,
	{folder, ssh, volume}: {folder: string; ssh: string | undefined; volume: string | undefined},
): string | undefined {
	const plain = (path: string) => path.replace(/\/+$/, '');
	const found = Object.entries(registries).find(([, {storage}]) => {
		const isIt =
			storage?.root === undefined
				? volume !== undefined && storage?.volume === volume
				: plain(storage.root) === plain(folder);
		return isIt && storage?.ssh === ssh;
	});
	return found?.[0];
}

/** A store that cannot be read does not hide the damage of the others. */
function unread(root: string, error: unknown): Scan {
	if (!(error instanceof OperatorError) || error.exit === 'unreachable') {
		throw error;
	}

	return {
		root,
		complete: false,
		gaps: [`${error.message} ${error.hint}`],
		counts: {repositories: 0, tags: 0, indexes: 0, links: 0, blobs: 0},
		findings: [],
	};
}
