import type {Configuration} from '../../domain/configuration.ts';
import type {ErrorCode} from '../../domain/error-codes.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {RegistryRole} from '../../domain/image/verdict.ts';
import type {Scan} from '../../domain/storage/findings/finding.ts';
import type {ScanPlace} from '../storage-target.ts';

export type ScannedStore = {
	root: string;
	role: RegistryRole;
	/** The registry's own file, where that says its role. */
	saidBy?: string;
	scan: Scan;
};

type FoundStore = {root: string; role?: RegistryRole; saidBy?: string};

/** `gaps`: where another store may be. */
export type ScannedStores = {stores: ScannedStore[]; gaps: string[]};

export type ScanEachOptions = {
	place: ScanPlace;
	configuration: Configuration;
	/** Of the one registry that was asked for by its name. */
	role: RegistryRole | undefined;
	/** The stores below a folder. */
	find(base: string): Promise<{stores: FoundStore[]; gaps: string[]}>;
	scanOne(root: string, role: RegistryRole): Promise<Scan>;
};

/**
 * The store in this folder or, where it is none itself, every store below it. What a registry of the configuration is
 * stands there; what another one is, its own file says.
 * @throws OperatorError storage.no-root: neither
 */
export async function scanEach({place, configuration, role, find, scanOne}: ScanEachOptions): Promise<ScannedStores> {
	const {root, ssh} = place;
	const roleOf = (folder: string) => role ?? configuredRole(configuration, folder, ssh);
	try {
		const own = roleOf(root) ?? 'authoritative';
		return {stores: [{root, role: own, scan: await scanOne(root, own)}], gaps: []};
	} catch (error) {
		const found = isCode(error, 'storage.no-root') ? await findBelow(root, find) : undefined;
		if (found === undefined || found.stores.length === 0) {
			throw error;
		}

		const stores: ScannedStore[] = [];
		for (const {root: folder, role: said, saidBy} of found.stores) {
			const known = roleOf(folder);
			const its = known ?? said ?? 'authoritative';
			const scan = await scanOne(folder, its).catch(failure => unread(folder, failure));
			stores.push({root: folder, role: its, ...(known !== undefined || saidBy === undefined ? {} : {saidBy}), scan});
		}

		return {stores, gaps: found.gaps};
	}
}

/** A folder that is not there was named wrongly: then the first look has said so already. */
async function findBelow(root: string, find: ScanEachOptions['find']) {
	return find(root).catch(error => {
		if (isCode(error, 'storage.no-base')) {
			return undefined;
		}

		throw error;
	});
}

function isCode(error: unknown, code: ErrorCode): boolean {
	return error instanceof OperatorError && error.code === code;
}

function configuredRole({registries}: Configuration, root: string, ssh: string | undefined): RegistryRole | undefined {
	const found = Object.values(registries).find(
		({storage}) =>
			storage !== undefined && storage.ssh === ssh && storage.root.replace(/\/+$/, '') === root.replace(/\/+$/, ''),
	);
	return found?.role;
}

/** One store that cannot be read does not hide what is wrong with the others. */
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
