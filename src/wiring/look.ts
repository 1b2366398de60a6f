import {OperatorError} from '../domain/errors.ts';
import type {Depth, RegistryRole} from '../domain/image/verdict.ts';
import {hashingOnHost} from '../engine/scan/hash-on-host.ts';
import {cannotLook, heldByCache} from '../engine/scan/held-by-cache.ts';
import {openStorage} from './host.ts';
import {type OpenRegistry, openRegistry} from './registry.ts';
import type {Setup} from './setup.ts';

export type VerifyingOptions = {
	depth: Depth;
	/** A pull-through cache may be made to fetch what it lacks. */
	fillCache?: boolean;
	/** Blobs larger than this many MiB are hashed on the registry's host, over SSH. */
	hashOnHost?: number;
};

const mebibyte = 1024 * 1024;

/**
 * A registry to verify images of. With `hashOnHost`, its storage on the host is opened, too.
 * @throws OperatorError verify.hash-on-host | registry.cache-unseen
 */
export function openRegistryToVerify(
	host: string,
	setup: Setup,
	{depth, hashOnHost, role}: VerifyingOptions & {role?: RegistryRole | undefined},
): OpenRegistry {
	const opened = withoutFilling(openRegistry(host, setup), setup, {role});
	if (hashOnHost === undefined) {
		return opened;
	}

	const location = opened.known?.registry.storage;
	if (location === undefined) {
		throw new OperatorError('verify.hash-on-host', `The configuration has no storage for ${host}.`, {
			hint: 'Add registries.….storage: {ssh: HOST, root: DIR}, or leave --hash-on-host out.',
			exit: 'configuration',
		});
	}

	if (depth !== 'content') {
		throw new OperatorError('verify.hash-on-host', `At depth ${depth} no blob is hashed.`, {
			hint: 'Add --depth content, or leave --hash-on-host out.',
			exit: 'usage',
		});
	}

	const storage = openStorage(location, setup);
	return {
		...opened,
		registry: hashingOnHost(opened.registry, storage, {aboveBytes: hashOnHost * mebibyte}),
		async close() {
			await Promise.allSettled([opened.close(), storage.close()]);
		},
	};
}

/**
 * The same registry; where it is a pull-through cache, only what its disk holds is asked for. `fillCache`: a person accepts that
 * looking makes it fetch.
 * @throws OperatorError registry.cache-unseen: its storage is not configured
 */
export function withoutFilling(
	opened: OpenRegistry,
	setup: Setup,
	{role = opened.known?.registry.role}: {role?: RegistryRole | undefined} = {},
): OpenRegistry {
	if (role !== 'cache' || setup.fillCache) {
		return opened;
	}

	const location = opened.known?.registry.storage;
	if (location === undefined) {
		throw cannotLook(opened.registry.host);
	}

	const storage = openStorage(location, setup);
	return {
		...opened,
		registry: heldByCache(opened.registry, ({signal}) => storage.list({signal})),
		async close() {
			await Promise.allSettled([opened.close(), storage.close()]);
		},
	};
}
