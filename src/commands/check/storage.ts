import type {Maintenance} from '../../domain/audit/maintenance.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {RegistryRole} from '../../domain/image/verdict.ts';
import {hintForDifference, sayDifference} from '../../domain/storage/say-difference.ts';
import {hintForCache, sayTurnsOutCache} from '../../domain/storage/turns-out-cache.ts';
import {count} from '../../domain/text/wording.ts';
import type {Registry} from '../../engine/ports/registry.ts';
import type {Storage} from '../../engine/ports/storage.ts';
import {askSameRegistry} from '../../engine/scan/same-registry.ts';
import {attempt, type Line} from './line.ts';
import {redisLine} from './redis.ts';

type StorageLinesOptions = {
	storage: Storage;
	/** Undefined: it does not respond. */
	registry: Registry | undefined;
	role: RegistryRole;
	signal: AbortSignal;
};

/** The lines of a registry's storage: its host and folder, and whether it is the storage of that registry. */
export async function storageLines(
	name: string,
	{storage, registry, role, signal}: StorageLinesOptions,
): Promise<Line[]> {
	let maintenance: Maintenance | undefined;
	const folder = await attempt(`storage ${name}`, async () => {
		maintenance = await storage.maintenance({signal});
		return checkFolder(maintenance, storage, signal);
	});
	const turnsOut = maintenance && sayTurnsOutCache(maintenance, role);
	const {restartCommand, redisCommand} = storage;
	return [
		folder,
		...(turnsOut === undefined
			? []
			: [
					{
						what: `role ${name}`,
						ok: false,
						say: `${storage.place}: ${turnsOut}.`,
						hint: hintForCache,
						exit: 'configuration' as const,
					},
				]),
		...(folder.ok && registry !== undefined
			? [await attempt(`registry and storage ${name}`, () => compare(registry, {storage, role, signal}))]
			: []),
		...(restartCommand === undefined
			? []
			: [await attempt(`restart ${name}`, () => checkRestart(restartCommand, storage, signal))]),
		...(redisCommand === undefined ? [] : [await redisLine(name, redisCommand, storage, signal)]),
	];
}

async function checkFolder(
	{files, gaps, disk, holdsRepositories}: Maintenance,
	storage: Storage,
	signal: AbortSignal,
): Promise<string> {
	if (disk === undefined) {
		// What a scan would say is more exact: who was kept out, where, and where containers keep their stores.
		await storage.survey({signal});
		throw new OperatorError(
			'check.storage',
			`${storage.place}: the host responds, but the folder cannot be read: ${gaps.join('; ')}.`,
			{
				hint: 'Fix storage.root in the configuration, or let this user enter the folder.',
				exit: 'configuration',
			},
		);
	}

	const {unreadable, isWhole} = await storage.survey({signal});
	if (unreadable.length > 0) {
		throw new OperatorError(
			'check.storage',
			`${storage.place}: a scan could not read all of it: ${nameSome(unreadable, isWhole)}.`,
			{
				hint: 'Let the user that regmedic logs in as read and enter them, and replace symbolic links by what they name.',
				exit: 'refused',
			},
		);
	}

	return [
		`${storage.place} responds`,
		...(storage.describe === undefined ? [] : [await storage.describe({signal})]),
		isWhole ? 'a scan can read all of it' : 'what was looked at in 30 s can be read, the rest is not known',
		...(holdsRepositories ? [] : ['no repository is in it']),
		`${count(files.length, 'maintenance file')} read`,
		...(gaps.length === 0 ? [] : [`${count(gaps.length, 'thing')} could not be read (regmedic audit names them)`]),
	].join('; ');
}

const mostNamed = 3;

function nameSome(paths: readonly string[], areAll: boolean): string {
	const more = paths.length - mostNamed;
	const rest = areAll ? (more > 0 ? ` and ${more} more` : '') : ' and more';
	return `${paths.slice(0, mostNamed).join(', ')}${rest}`;
}

/** The command is not run. */
async function checkRestart(command: string, storage: Storage, signal: AbortSignal): Promise<string> {
	const obstacles = await storage.restartObstacles({signal});
	if (obstacles.length > 0) {
		throw new OperatorError(
			'check.restart',
			`"${command}" would not start at ${storage.place}: ${obstacles.join('; ')}.`,
			{
				hint: 'Correct storage.restart in the configuration, or install the program there. A login over SSH may have a shorter PATH.',
				exit: 'configuration',
			},
		);
	}

	return `the programs of "${command}" are there; it was not run`;
}

/** Whether the registry that responds serves this folder. */
async function compare(
	registry: Registry,
	{storage, role, signal}: {storage: Storage; role: RegistryRole; signal: AbortSignal},
): Promise<string> {
	const {host} = registry;
	const {place} = storage;
	const compared = await askSameRegistry(registry, {
		role,
		readSample: listed => storage.sample(listed, {signal}),
		signal,
	});
	const difference = sayDifference(compared, {host, place});
	if (difference !== undefined) {
		throw new OperatorError('check.storage', difference, {
			hint: hintForDifference,
			// Until it is known which of the two is right, nothing that either shows is a finding about the other.
			exit: 'indeterminate',
		});
	}

	return compared.kind === 'unknown'
		? `could not be compared: ${compared.why}`
		: `${host} serves what ${place} holds, as far as some of both were compared`;
}
