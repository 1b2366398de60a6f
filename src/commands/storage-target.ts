import {resolve} from 'node:path';
import {OperatorError} from '../domain/errors.ts';

export type ScanPlaceOptions = {
	path?: string;
	ssh?: string;
	root?: string;
	registry?: string;
	transport?: 'openssh' | 'ssh2';
	sshConfig?: string;
};

/** A folder, on a host or on this machine. */
export type ScanPlace = {
	root: string;
	ssh?: string | undefined;
	transport?: 'openssh' | 'ssh2' | undefined;
	sshConfig?: string | undefined;
};

/**
 * Where to look, from the command line or else from the configuration.
 * @throws OperatorError scan.where | scan.no-storage
 */
export function placeOf(
	{path, ssh, root, registry, transport, sshConfig}: ScanPlaceOptions,
	storage: ScanPlace | undefined,
	folder: string,
): ScanPlace {
	if (path !== undefined) {
		return {root: resolve(folder, path)};
	}

	if (ssh !== undefined && root !== undefined) {
		return {ssh, root, transport, sshConfig};
	}

	if (storage) {
		return {
			...storage,
			...(transport === undefined ? {} : {transport}),
			...(sshConfig === undefined ? {} : {sshConfig}),
		};
	}

	throw registry === undefined
		? new OperatorError('scan.where', 'Nothing says where the storage is.', {
				hint: 'Write --path DIR, --ssh DEST --root DIR, or --registry NAME.',
				exit: 'usage',
			})
		: new OperatorError('scan.no-storage', `The configuration does not say where the storage of "${registry}" is.`, {
				hint: `Add registries.${registry}.storage: {ssh: HOST, root: DIR}.`,
				exit: 'configuration',
			});
}
