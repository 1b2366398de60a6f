import {OperatorError} from '../domain/errors.ts';
import type {Depth, RegistryRole} from '../domain/image/verdict.ts';
import type {Registry} from '../engine/ports/registry.ts';
import type {Storage} from '../engine/ports/storage.ts';
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
	const opened = openRegistry(host, setup);
	const location = opened.known?.registry.storage;
	// Opening it looks for ssh first, which most looks do not need.
	const isNeeded = hashOnHost !== undefined || isAskedByDisk(opened, setup, role);
	const storage = isNeeded && location ? openStorage(location, setup) : undefined;
	const registry = withoutFilling(opened, setup, {storage, role});
	return {
		...opened,
		registry: hashOnHost === undefined ? registry : hashed(registry, storage, {depth, hashOnHost}),
		async close() {
			await Promise.allSettled([opened.close(), storage?.close()]);
		},
	};
}

/** @throws OperatorError verify.hash-on-host */
function hashed(
	registry: Registry,
	storage: Storage | undefined,
	{depth, hashOnHost}: {depth: Depth; hashOnHost: number},
): Registry {
	if (storage === undefined) {
		throw new OperatorError('verify.hash-on-host', `The configuration has no storage for ${registry.host}.`, {
			hint: 'Add registries.….storage: {ssh: HOST, root: DIR}, or leave --hash-on-host out.',
			exit: 'configuration',
		});
	}

	if (depth === 'unpack') {
		throw new OperatorError(
			'verify.hash-on-host',
			'At depth unpack every layer is read over HTTP: it is unpacked here.',
			{
				hint: 'Leave --hash-on-host out, or verify with --depth content, which unpacks nothing.',
				exit: 'usage',
			},
		);
	}

	if (depth !== 'content') {
		throw new OperatorError('verify.hash-on-host', `At depth ${depth} no blob is hashed.`, {
			hint: 'Add --depth content, or leave --hash-on-host out.',
			exit: 'usage',
		});
	}

	return hashingOnHost(registry, storage, {aboveBytes: hashOnHost * mebibyte});
}

/**
 * The same registry; where it is a pull-through cache, only what its disk holds is asked for. `fillCache`: a person accepts that
 * looking makes it fetch.
 * @throws OperatorError registry.cache-unseen: its storage is not configured
 */
export function withoutFilling(
	opened: OpenRegistry,
	setup: Setup,
	{storage, role}: {storage: Storage | undefined; role?: RegistryRole | undefined},
): Registry {
	const {registry} = opened;
	if (!isAskedByDisk(opened, setup, role)) {
		return registry;
	}

	if (storage === undefined) {
		throw cannotLook(registry.host);
	}

	return heldByCache(registry, ({signal}) => storage.list({signal}));
}

function isAskedByDisk({known}: OpenRegistry, {fillCache}: Setup, role = known?.registry.role): boolean {
	return role === 'cache' && !fillCache;
}
