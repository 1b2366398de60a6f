import {resolve} from 'node:path';
import {createStorage} from '../../adapters/storage/storage.ts';
import type {Configuration, RegistryConfiguration} from '../../domain/configuration.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {Storage} from '../../engine/ports/storage.ts';
import {registryNamed, type Surroundings} from '../../wiring/open-ports.ts';
import {openShell} from '../../wiring/open-shell.ts';

export type AuditTarget = {
	path?: string;
	ssh?: string;
	root?: string;
	transport?: 'openssh' | 'ssh2';
	sshConfig?: string;
};

export type AuditPlace = {
	/** Of the configuration; absent where only a folder is named. */
	name?: string;
	registry?: RegistryConfiguration;
	storage?: Storage;
	close(): Promise<void>;
};

/**
 * What an audit looks at: a folder, a host's folder, or a configured registry (the only one, where none is named).
 * Nothing is spoken to yet.
 * @throws OperatorError audit.where | configuration.no-registry
 */
export function openAuditPlace(
	name: string | undefined,
	target: AuditTarget,
	surroundings: Surroundings,
	folder: string,
): AuditPlace {
	const {configuration, hostRoot} = surroundings;
	const isHalf = (target.ssh === undefined) !== (target.root === undefined);
	if (isHalf || (target.path !== undefined && target.ssh !== undefined)) {
		// Else another host than the named one would be audited.
		throw new OperatorError('audit.where', 'These options do not name one storage folder.', {
			hint: 'Write --path DIR, or --ssh DEST with --root DIR, or a registry’s name alone.',
			exit: 'usage',
		});
	}

	const direct = target.path !== undefined || (target.ssh !== undefined && target.root !== undefined);
	const known = name ?? (direct ? undefined : onlyRegistry(configuration));
	const registry = known === undefined ? undefined : registryNamed(configuration, known);
	const {transport, sshConfig} = target;
	const asked = {...(transport === undefined ? {} : {transport}), ...(sshConfig === undefined ? {} : {sshConfig})};
	const place =
		target.path !== undefined
			? {root: resolve(folder, target.path)}
			: direct
				? {ssh: target.ssh, root: target.root!, ...asked}
				: registry?.storage && {...registry.storage, ...asked};
	const shell = place && openShell(place, surroundings);
	const storage =
		place && shell && createStorage({shell, root: place.root, ...(hostRoot === undefined ? {} : {hostRoot})});

	return {
		...(known === undefined ? {} : {name: known}),
		...(registry === undefined ? {} : {registry}),
		...(storage === undefined ? {} : {storage}),
		async close() {
			await storage?.close();
			await shell?.close();
		},
	};
}

function onlyRegistry({registries}: Configuration): string {
	const names = Object.keys(registries);
	if (names.length === 1) {
		return names[0]!;
	}

	throw new OperatorError('audit.where', 'Nothing says which registry to audit.', {
		hint:
			names.length === 0
				? 'Write --path DIR, or --ssh DEST --root DIR, or a regmedic.yaml with the registry.'
				: `Name one of ${names.join(', ')}: regmedic audit ${names[0]}.`,
		exit: 'usage',
	});
}
