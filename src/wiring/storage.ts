import {createStorage} from '../adapters/storage/storage.ts';
import {defined} from '../domain/defined.ts';
import type {Shell} from '../engine/ports/shell.ts';
import type {Storage} from '../engine/ports/storage.ts';
import type {Setup} from './setup.ts';
import {openShell, type ShellLocation} from './shell.ts';

/** The storage folder of a registry, on this machine or on its host. */
export type StorageLocation = ShellLocation & {
	root: string;
	/** Restarts the registry on that host. */
	restart?: string | undefined;
};

/** Nothing is run yet. Closing the storage closes the shell. */
export function openStorage(
	location: StorageLocation,
	setup: Setup,
	shell: Shell = openShell(location, setup),
): Storage {
	return createStorage({
		shell,
		root: location.root,
		...defined({restartCommand: location.restart, hostRoot: setup.hostRoot}),
	});
}
