import path from 'node:path';
import {openInventory} from '../../adapters/inventory/inventory-file.ts';
import {findStores} from '../../adapters/storage/host/find-stores.ts';
import {damagedImages} from '../../domain/damage/damage-of-scan.ts';
import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {Scan} from '../../domain/storage/findings/finding.ts';
import type {StorageListing} from '../../domain/storage/listing/listing.ts';
import type {WalkRules} from '../../domain/storage/walk/walk-manifest.ts';
import type {Storage} from '../../engine/ports/storage.ts';
import {scanBetweenLooks} from '../../engine/scan/between-looks.ts';
import {compareStore} from '../../engine/scan/compare-store.ts';
import {readPast} from '../../engine/scan/read-past.ts';
import {type ScanProgress, scanStore} from '../../engine/scan/scan-store.ts';
import {readingHostOnce, tellCache} from '../../engine/scan/tell-cache.ts';
import type {Invocation} from '../../invocation.ts';
import {showScanProgress} from '../../plain/scan/scan-progress.ts';
import {openStorage, openStorageShells} from '../../wiring/host.ts';
import {openRegistry} from '../../wiring/registry.ts';
import {readSetup, type Setup, systemClock} from '../../wiring/setup.ts';
import {keepHeapSmall} from '../small-heap.ts';
import {type StorageOptions, scanTarget} from '../storage-target.ts';
import {reportScan} from './report.ts';
import {scanStores} from './stores.ts';

type ScanOptions = StorageOptions & {
	registry?: string;
	/** Reads every blob on the host. */
	hash?: boolean;
	/** Of hashing, in MiB a second. */
	rate?: number;
	/** The file that probes keep. */
	inventory?: string;
	/** Also asks the registry. */
	compare?: boolean;
	/** How many images that are whole on the disk it is asked for. */
	sample?: number;
};

const mebibyte = 1024 * 1024;
const usualSample = 20;

/** `regmedic scan`: reads a registry's storage and reports its damage. Never writes. */
export async function scan(options: ScanOptions, invocation: Invocation): Promise<number> {
	keepHeapSmall();
	const setup = await readSetup(invocation);
	const {configuration} = setup;
	const {location, registry} = scanTarget(options, configuration, invocation.folder);
	const host = registry && new URL(registry.url).host;
	const {signal} = invocation;
	const progress = showScanProgress({
		terminal: invocation.terminal.stderr,
		talk: invocation.talk,
		monotonic: systemClock.monotonic,
	});
	const shells = openStorageShells(location, setup);
	const {host: onHost, store: shell} = shells;
	const inventoryOf = (file: string | undefined) =>
		file === undefined ? undefined : openInventory(path.resolve(invocation.folder, file));

	try {
		const base = await shells.root({signal});
		const found = await scanStores({
			location: {...location, root: base},
			configuration,
			named: options.registry,
			async findStores(folder) {
				// The named registry serves one of them, and nothing says which.
				const ofOne = options.compare ? '--compare' : options.inventory === undefined ? undefined : '--inventory';
				if (ofOne !== undefined) {
					throw new OperatorError('scan.compare', `${folder} is not the storage of one registry.`, {
						hint: `Name the folder of one registry, or leave ${ofOne} out.`,
						exit: 'usage',
					});
				}

				return findStores({shell, base: folder, signal});
			},
			async scanStore(root, rules, name) {
				const past = await readPast(inventoryOf(options.inventory ?? configuration.registries[name ?? '']?.inventory));
				const storage = readingHostOnce(openStorage({...location, root}, setup, {...shells, root: async () => root}));
				const looking = {now: () => systemClock.now().getTime(), host, signal};
				const scanNow = () =>
					scanStore(storage, {
						...rules,
						signal,
						onProgress: progress.update,
						...defined({inventory: past?.inventory}),
						...(options.hash && {hash: defined({bytesPerSecond: options.rate && options.rate * mebibyte})}),
					});
				const {
					scan: compared,
					listing,
					role,
				} = await scanBetweenLooks(storage, looking, scanNow, async between => {
					const told = await tellCache(between, {storage, role: rules.role, signal});
					const scan =
						options.compare && host !== undefined
							? await compareWith(host, told.scan, setup, {
									...{listing: told.listing, storage, ...rules, role: told.role, onProgress: progress.update},
									sample: options.sample ?? usualSample,
								})
							: told.scan;
					return {...told, scan};
				});
				const isOwn = role !== 'cache' && compared.compared?.kind !== 'another';
				const inventory = isOwn ? past?.against(listing) : undefined;
				return {...compared, images: damagedImages(compared.findings, listing), ...defined({inventory})};
			},
		});
		progress.stop();
		return reportScan(found, {base, host, invocation});
	} finally {
		progress.stop();
		await shell.close();
		await onHost.close();
	}
}

async function compareWith(
	host: string,
	scan: Scan,
	setup: Setup,
	options: {
		listing: StorageListing;
		storage: Storage;
		sample: number;
		onProgress: (progress: ScanProgress) => void;
	} & WalkRules,
): Promise<Scan> {
	const {registry, close} = openRegistry(host, setup);
	try {
		return await compareStore(scan, registry, {...options, signal: setup.signal});
	} finally {
		await close();
	}
}
