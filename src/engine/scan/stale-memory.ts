import type {Maintenance} from '../../domain/audit/maintenance.ts';
import type {CacheKind} from '../../domain/audit/registries/descriptor-cache.ts';
import {descriptorCacheIn, servingSince} from '../../domain/audit/registries/serving-store.ts';
import {defined} from '../../domain/defined.ts';
import {asOperatorError} from '../../domain/errors.ts';
import {shortDigest} from '../../domain/image/digest.ts';
import type {RegistryRole} from '../../domain/image/verdict.ts';
import type {Finding} from '../../domain/storage/findings/finding.ts';
import {type HeldInMemory, nameAllHeld} from '../../domain/storage/held-in-memory.ts';
import type {StorageListing} from '../../domain/storage/listing/listing.ts';
import {
	hasLostData,
	mayBeRestored,
	type Suspicion,
	saySuspicion,
	suspectMemory,
} from '../../domain/storage/memory-suspicion.ts';
import {type MissingPart, missingParts, type StaleMemory} from '../../domain/storage/stale-memory.ts';
import type {Registry} from '../ports/registry.ts';
import type {Storage} from '../ports/storage.ts';
import type {Waiting} from '../ports/waiting.ts';
import {askForUnlinked} from './only-in-memory.ts';

/** Of the parts that the disk lacks. Only 3.x remembers manifests. */
const mostBlobs = 4;
const mostManifests = 2;

/** `others`: of other images, which the registry is not asked for. */
type Damage = {
	findings: readonly Finding[];
	others?: readonly Finding[];
	listing: StorageListing;
	role: RegistryRole;
};

/** What is known of the registry's memory, and where it is. */
export type Memory = {memory?: StaleMemory; cache?: CacheKind; suspicion?: Suspicion; held?: HeldInMemory[]};

/**
 * Finds out whether the registry remembers what its disk lacks, and where. Its host is asked for its cache only where that
 * decides the remedy: where the memory is proven stale, or the disk holds every part. Where neither its answers prove the
 * memory stale nor refute it, the age of its process and the times on the disk may raise a suspicion.
 */
export async function readMemory(
	{findings, others = [], listing, role}: Damage,
	{registry, storage}: {registry: Registry; storage: Pick<Storage, 'maintenance'>},
	waiting: Waiting,
): Promise<Memory> {
	const missing = role === 'cache' ? [] : missingParts(findings, listing);
	const memory = await askForMissing(registry, missing, waiting);
	const all = [...findings, ...others];
	const unlinked = role === 'cache' ? [] : await askForUnlinked(registry, all, waiting);
	const held = unlinked.length === 0 ? undefined : unlinked;
	if (findings.length === 0 || memory?.kind === 'proven') {
		return defined({memory, held, cache: await readCache(storage, waiting)});
	}

	const isOpen = hasLostData(findings, listing) && !isRefuted(memory, findings);
	const host =
		role !== 'cache' && (isOpen || mayBeRestored(all, listing)) ? await readHost(storage, waiting) : undefined;
	const cache = host && descriptorCacheIn(host).kind;
	// What is in Redis, or nowhere, is as old as no process.
	if (host === undefined || cache === 'none' || cache === 'redis') {
		return defined({memory, held});
	}

	const suspicion = suspectMemory(all, listing, servingSince(host));
	return suspicion?.kind === 'restore' || isOpen ? defined({memory, suspicion, held}) : defined({memory, held});
}

/** 404 for what the disk lacks; but of a manifest that is gone, nobody knows the layers. */
function isRefuted(memory: StaleMemory | undefined, findings: readonly Finding[]): boolean {
	return memory?.kind === 'not-seen' && !findings.some(({kind}) => kind === 'child-missing' || kind === 'tag-dangling');
}

/** The cache of the registry that serves this store, by its host's files; `unknown` where they cannot be read. */
export async function readCache(storage: Pick<Storage, 'maintenance'>, {signal}: Waiting): Promise<CacheKind> {
	const host = await readHost(storage, {signal});
	return host === undefined ? 'unknown' : descriptorCacheIn(host).kind;
}

async function readHost(storage: Pick<Storage, 'maintenance'>, {signal}: Waiting): Promise<Maintenance | undefined> {
	try {
		return await storage.maintenance({signal});
	} catch (error) {
		signal.throwIfAborted();
		asOperatorError(error);
		return undefined;
	}
}

/** A sentence for the end of a scan; empty where nothing is proven or suspected. */
export function sayMemory({memory, cache, suspicion, held = []}: Memory): string {
	const kept =
		held.length === 0
			? ''
			: ` The registry serves ${nameAllHeld(held)} only from its memory: relink before any restart, which would make it unpullable.`;
	if (memory?.kind !== 'proven') {
		return `${suspicion === undefined ? '' : ` ${saySuspicion(suspicion)}`}${kept}`;
	}

	const {repository, digest, detail} = memory;
	const outlives = cache === 'redis' ? ' Its cache is in Redis, which outlives a restart.' : '';
	return ` The registry’s memory is stale: it answers ${detail} for ${shortDigest(digest)} of ${repository}, which the disk does not hold.${outlives}${kept}`;
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
	const some = [
		...parts.filter(({isManifest}) => !isManifest).slice(0, mostBlobs),
		...parts.filter(({isManifest}) => isManifest).slice(0, mostManifests),
	];
	let asked = 0;
	for (const {repository, descriptor} of some) {
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
