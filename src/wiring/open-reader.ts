import {createStorage} from '../adapters/storage/storage.ts';
import {OperatorError} from '../domain/errors.ts';
import type {Depth} from '../domain/image/verdict.ts';
import {hashingOnHost} from '../engine/scan/hash-on-host.ts';
import type {Surroundings} from './open-ports.ts';
import {type OpenRegistry, openRegistry} from './open-registry.ts';
import {openShell} from './open-shell.ts';

export type ReaderOptions = {
	depth: Depth;
	/** Blobs of more than so many MiB are hashed where they lie, over SSH. */
	hashOnHost?: number | undefined;
};

const mebibyte = 1024 * 1024;

/**
 * A registry to walk images of, with its storage beside it where large blobs are to be hashed there.
 * @throws OperatorError verify.hash-on-host
 */
export function openReader(
	host: string,
	surroundings: Surroundings,
	{depth, hashOnHost}: ReaderOptions,
): OpenRegistry & {close(): Promise<void>} {
	const opened = openRegistry(host, surroundings);
	if (hashOnHost === undefined) {
		return {...opened, close: () => opened.registry.close()};
	}

	const place = opened.known?.registry.storage;
	if (place === undefined || depth !== 'content') {
		throw place === undefined
			? new OperatorError('verify.hash-on-host', `The configuration does not say where the storage of ${host} is.`, {
					hint: 'Add registries.….storage: {ssh: HOST, root: DIR}, or leave --hash-on-host out.',
					exit: 'configuration',
				})
			: new OperatorError('verify.hash-on-host', `At depth ${depth} nothing is hashed.`, {
					hint: 'Write --depth content with --hash-on-host.',
					exit: 'usage',
				});
	}

	const shell = openShell(place, surroundings);
	const storage = createStorage({shell, root: place.root});
	return {
		...opened,
		registry: hashingOnHost(opened.registry, storage, {aboveBytes: hashOnHost * mebibyte}),
		async close() {
			await Promise.allSettled([opened.registry.close(), shell.close()]);
		},
	};
}
