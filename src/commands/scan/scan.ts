import {findStores} from '../../adapters/storage/host/find-stores.ts';
import {createStorage} from '../../adapters/storage/storage.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {RegistryRole} from '../../domain/image/verdict.ts';
import type {Scan} from '../../domain/storage/findings/finding.ts';
import type {Shell} from '../../engine/ports/shell.ts';
import {compareStore} from '../../engine/scan/compare-store.ts';
import {type ScanProgress, scanStore} from '../../engine/scan/scan-store.ts';
import type {Invocation} from '../../invocation.ts';
import {createMeter} from '../../plain/scan/meter.ts';
import {systemClock} from '../../wiring/clock.ts';
import {registryNamed, type Surroundings} from '../../wiring/open-ports.ts';
import {openRegistry} from '../../wiring/open-registry.ts';
import {openShell} from '../../wiring/open-shell.ts';
import {surroundingsOf} from '../../wiring/surroundings.ts';
import {placeOf, type ScanPlaceOptions} from '../storage-target.ts';
import {reportScan} from './scan-report.ts';
import {scanEach} from './scan-stores.ts';

export type ScanOptions = ScanPlaceOptions & {
	/** Reads every blob on the host. */
	hash?: boolean;
	/** Of hashing, in MiB a second. */
	rate?: number;
	/** Asks the registry, too. */
	compare?: boolean;
};

const mebibyte = 1024 * 1024;

/** `regmedic scan`: reads a registry's storage and says what is wrong with it. Never writes. */
export async function scan(options: ScanOptions, invocation: Invocation): Promise<number> {
	const surroundings = await surroundingsOf(invocation);
	const {configuration} = surroundings;
	const configured = options.registry === undefined ? undefined : registryNamed(configuration, options.registry);
	const host = configured && new URL(configured.url).host;
	if (options.compare && host === undefined) {
		throw new OperatorError('scan.compare', 'Nothing says which registry serves this storage.', {
			hint: 'Write --registry NAME with --compare.',
			exit: 'usage',
		});
	}

	const {terminal, signal} = invocation;
	const meter = createMeter({
		write: text => void (terminal.stderr?.isTTY && invocation.talk(text)),
		now: systemClock.monotonic,
		columns: terminal.stderr?.columns ?? 80,
	});
	const place = placeOf(options, configured?.storage, invocation.folder);
	const shell = openShell(place, surroundings);

	try {
		const found = await scanEach({
			place,
			configuration,
			role: configured?.role,
			find: base => {
				// Which of several stores the named registry serves is not for us to guess.
				if (options.compare) {
					throw new OperatorError('scan.compare', `${base} is not the folder of one registry.`, {
						hint: 'Give registries.….storage the folder of the one that --registry names, or leave --compare out.',
						exit: 'usage',
					});
				}

				return findStores({shell, base, signal});
			},
			async scanOne(root, role) {
				const found = await scanFolder(shell, root, {...options, role, signal, onProgress: meter.show});
				return options.compare && host !== undefined
					? compareWith(host, found, surroundings, {signal, onProgress: meter.show})
					: found;
			},
		});
		meter.clear();
		return reportScan(found, {base: place.root, host, invocation});
	} finally {
		meter.clear();
		await shell.close();
	}
}

type Watched = {signal: AbortSignal; onProgress(progress: ScanProgress): void};

async function scanFolder(
	shell: Shell,
	root: string,
	{hash, rate, role, signal, onProgress}: ScanOptions & Watched & {role: RegistryRole},
): Promise<Scan> {
	const storage = createStorage({shell, root});
	const {scan} = await scanStore(storage, {
		role,
		signal,
		onProgress,
		...(hash ? {hash: rate === undefined ? {} : {bytesPerSecond: rate * mebibyte}} : {}),
	});
	return scan;
}

async function compareWith(host: string, scan: Scan, surroundings: Surroundings, watched: Watched): Promise<Scan> {
	const {registry} = openRegistry(host, surroundings);
	try {
		return await compareStore(scan, registry, watched);
	} finally {
		await registry.close();
	}
}
