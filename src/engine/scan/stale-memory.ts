import type {CacheKind} from '../../domain/audit/registries/descriptor-cache.ts';
import {descriptorCacheIn} from '../../domain/audit/registries/serving-store.ts';
import {defined} from '../../domain/defined.ts';
import {asOperatorError} from '../../domain/errors.ts';
import {shortDigest} from '../../domain/image/digest.ts';
import type {RegistryRole} from '../../domain/image/verdict.ts';
import type {Finding} from '../../domain/storage/findings/finding.ts';
import type {StorageListing} from '../../domain/storage/listing/listing.ts';
import {type MissingPart, missingParts, type StaleMemory} from '../../domain/storage/stale-memory.ts';
import type {Registry} from '../ports/registry.ts';
import type {Storage} from '../ports/storage.ts';
import type {Waiting} from '../ports/waiting.ts';

const mostAsked = 4;

/** What is known of the registry's memory, and where it is. */
type Memory = {memory?: StaleMemory; cache?: CacheKind};

/**
 * Finds out whether the registry remembers what its disk lacks, and where. Its host is asked for its cache only where that
 * decides the remedy: where the memory is proven stale, or the disk holds every part.
 */
export async function readMemory(
	{findings, listing, role}: {findings: readonly Finding[]; listing: StorageListing; role: RegistryRole},
	{registry, storage}: {registry: Registry; storage: Pick<Storage, 'maintenance'>},
	waiting: Waiting,
): Promise<Memory> {
	const missing = role === 'cache' ? [] : missingParts(findings, listing);
	const memory = await askForMissing(registry, missing, waiting);
	const matters = findings.length === 0 || memory?.kind === 'proven';
	return defined({memory, cache: matters ? await readCache(storage, waiting) : undefined});
}

/** The cache of the registry that serves this store, by its host's files; `unknown` where they cannot be read. */
export async function readCache(storage: Pick<Storage, 'maintenance'>, {signal}: Waiting): Promise<CacheKind> {
	try {
		return descriptorCacheIn(await storage.maintenance({signal})).kind;
	} catch (error) {
		signal.throwIfAborted();
		asOperatorError(error);
		return 'unknown';
	}
}

/** A sentence for the end of a scan; empty where nothing is proven. */
export function sayMemory({memory, cache}: Memory): string {
	if (memory?.kind !== 'proven') {
		return '';
	}

	const {repository, digest, detail} = memory;
	const outlives = cache === 'redis' ? ' Its cache is in Redis, which outlives a restart.' : '';
	return ` The registry’s memory is stale: it answers ${detail} for ${shortDigest(digest)} of ${repository}, which the disk does not hold.${outlives}`;
}

/**
 * Asks the registry for some parts that its disk lacks: only an answer proves that it remembers them. A registry that is a
 * cache must not be asked, because it would ask its upstream.
 * @returns undefined where nothing could be asked
 */
async function askForMissing(
	registry: Registry,
	parts: readonly MissingPart[],
	{signal}: Waiting,
): Promise<StaleMemory | undefined> {
	let asked = 0;
	for (const {repository, descriptor} of parts.slice(0, mostAsked)) {
		try {
			const answer = await registry.blob(repository, descriptor, 'head', {signal});
			if (answer.state !== 'missing' && answer.state !== 'unreadable') {
				return {kind: 'proven', repository, digest: descriptor.digest, detail: `HTTP ${answer.status}`};
			}

			asked += answer.state === 'missing' ? 1 : 0;
		} catch (error) {
			signal.throwIfAborted();
			asOperatorError(error);
			break;
		}
	}

	return asked === 0 ? undefined : {kind: 'not-seen', asked, of: parts.length};
}
