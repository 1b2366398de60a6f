import path from 'node:path';
import type {Configuration, RegistryConfiguration} from '../domain/configuration.ts';
import {defined} from '../domain/defined.ts';
import {OperatorError} from '../domain/errors.ts';
import {isVolume} from '../domain/storage/volume.ts';
import type {StorageLocation} from '../wiring/host.ts';
import {onlyRegistry, registryNamed} from './configured-registry.ts';

/** As `scan` and `audit` take them. @see storageOptions */
export type StorageOptions = {
	path?: string;
	ssh?: string;
	root?: string;
	volume?: string;
	transport?: 'openssh' | 'ssh2';
	sshConfig?: string;
	become?: 'sudo' | 'container';
};

type ScanTarget = {
	location: StorageLocation;
	/** The configured registry that was named. */
	registry?: RegistryConfiguration;
};

export type AuditTarget = {
	/** Absent: the registry is configured without its storage. */
	location?: StorageLocation;
	/** The configured registry. Absent: only a storage folder was named. */
	registry?: {name: string; configuration: RegistryConfiguration};
};

type Usage = {code: 'scan.where' | 'audit.where'; hint: string};

const scanUsage: Usage = {
	code: 'scan.where',
	hint: 'Write --path DIR, or --ssh DEST with --root DIR or --volume NAME, or --registry NAME.',
};
const auditUsage: Usage = {
	code: 'audit.where',
	hint: 'Write --path DIR, or --ssh DEST with --root DIR or --volume NAME, or the name of a configured registry alone.',
};

/**
 * The storage that a scan reads. A registry that is named beside a storage is the one to compare with.
 * @param folder the working directory
 * @throws OperatorError scan.where | scan.compare | scan.no-storage | configuration.no-registry
 */
export function scanTarget(
	options: StorageOptions & {registry?: string; compare?: boolean},
	configuration: Configuration,
	folder: string,
): ScanTarget {
	const {registry: name, compare = false, ...storageOptions} = options;
	if (compare && name === undefined) {
		throw new OperatorError('scan.compare', 'No registry given to compare the storage with.', {
			hint: 'Add --registry NAME, or leave --compare out.',
			exit: 'usage',
		});
	}

	if (!compare) {
		for (const option of ['path', 'ssh', 'root', 'volume'] as const) {
			if (options[option] !== undefined && name !== undefined) {
				throw contradiction(`--${option}`, '--registry', {
					code: 'scan.where',
					hint: 'Leave one of them out, or add --compare to ask that registry about every damaged image.',
				});
			}
		}
	}

	const given = givenLocation(storageOptions, folder, scanUsage);
	const registry = name === undefined ? undefined : registryNamed(configuration, name);
	const location = given ?? configuredLocation(registry, storageOptions);
	if (location === undefined) {
		throw name === undefined
			? new OperatorError('scan.where', 'No storage given.', {hint: scanUsage.hint, exit: 'usage'})
			: new OperatorError('scan.no-storage', `The configuration has no storage for "${name}".`, {
					hint: `Add registries.${name}.storage: {ssh: HOST, root: DIR}.`,
					exit: 'configuration',
				});
	}

	return {location, ...defined({registry})};
}

/**
 * The storage and the registry that an audit reads. A registry that is named beside a storage is the one it belongs to.
 * Without any name it is the only configured registry.
 * @param folder the working directory
 * @throws OperatorError audit.where | configuration.no-registry
 */
export function auditTarget(
	name: string | undefined,
	options: StorageOptions,
	configuration: Configuration,
	folder: string,
): AuditTarget {
	const given = givenLocation(options, folder, auditUsage);
	if (given !== undefined && name === undefined) {
		return {location: given};
	}

	const known =
		name ??
		onlyRegistry(configuration, {
			code: 'audit.where',
			hintForNone: 'Write --path DIR, or --ssh DEST with --root DIR, or a regmedic.yaml with the registry.',
			hintForSeveral: 'Name one of them: regmedic audit NAME.',
		});
	const registry = registryNamed(configuration, known);
	return {
		registry: {name: known, configuration: registry},
		...defined({location: given ?? configuredLocation(registry, options)}),
	};
}

/** The location that the options name by themselves. */
function givenLocation(options: StorageOptions, folder: string, usage: Usage): StorageLocation | undefined {
	const {path: local, ssh, root, volume, transport, sshConfig, become} = options;
	if (local !== undefined) {
		const others = {
			'--ssh': ssh,
			'--root': root,
			'--volume': volume,
			'--transport': transport,
			'--ssh-config': sshConfig,
		};
		for (const [other, value] of Object.entries(others)) {
			if (value !== undefined) {
				throw contradiction('--path', other, usage);
			}
		}

		return {root: path.resolve(folder, local), become};
	}

	if (volume !== undefined) {
		return volumeLocation(volume, options, usage);
	}

	if (ssh !== undefined && root !== undefined) {
		return {ssh, root, transport, sshConfig, become};
	}

	if (ssh !== undefined || root !== undefined) {
		const [one, other] = ssh === undefined ? ['--root', '--ssh'] : ['--ssh', '--root'];
		throw new OperatorError(usage.code, `${one} needs ${other}: together they name a storage folder on a host.`, {
			hint: usage.hint,
			exit: 'usage',
		});
	}

	return undefined;
}

function volumeLocation(
	volume: string,
	{ssh, root, transport, sshConfig, become}: StorageOptions,
	usage: Usage,
): StorageLocation {
	if (root !== undefined) {
		throw contradiction('--root', '--volume', usage);
	}

	for (const [other, value] of Object.entries({'--transport': transport, '--ssh-config': sshConfig})) {
		if (ssh === undefined && value !== undefined) {
			throw contradiction('--volume', other, usage);
		}
	}

	if (!isVolume(volume)) {
		throw new OperatorError(usage.code, `"${volume}" is no name of a volume.`, {
			hint: 'Write --volume NAME, or NAME/FOLDER for a folder in it.',
			exit: 'usage',
		});
	}

	return {volume, ssh, transport, sshConfig, become};
}

function configuredLocation(
	registry: RegistryConfiguration | undefined,
	{transport, sshConfig, become}: StorageOptions,
): StorageLocation | undefined {
	return registry?.storage && {...registry.storage, ...defined({transport, sshConfig, become})};
}

function contradiction(one: string, other: string, {code, hint}: Usage): OperatorError {
	const where = ['--transport', '--ssh-config'].includes(other)
		? 'what is on this machine is not reached over SSH'
		: 'each of them says where the storage is';
	return new OperatorError(code, `${one} and ${other} contradict each other: ${where}.`, {hint, exit: 'usage'});
}
