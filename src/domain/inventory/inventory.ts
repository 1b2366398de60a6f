import type {Digest} from '../image/digest.ts';

/**
 * One digest that a tag has named, as probes saw it. Times are ISO 8601, UTC, to the second. Between the two the tag may have
 * named something else, which then has an entry of its own.
 */
export type InventoryEntry = {repository: string; tag: string; digest: Digest; firstSeen: string; lastSeen: string};

/**
 * What a registry has held, as its probes saw it. What is gone keeps its entries: a probe only adds to them, so that one which
 * saw little, or nothing, takes nothing away.
 */
export type Inventory = {
	/** `host[:port]`, as the probe named it. Behind tunnels several registries have the same. */
	registry: string;
	/** By repository and tag: every digest that the tag has named, once each, the one seen last first. */
	repositories: ReadonlyMap<string, ReadonlyMap<string, readonly InventoryEntry[]>>;
};

/** A tag that a probe saw. */
export type Sighting = Pick<InventoryEntry, 'repository' | 'tag' | 'digest'> & {seen: string};

/** Joins the entries of the same repository, tag and digest. Their order does not matter, nor whether one comes twice. */
export function inventoryOf(registry: string, entries: Iterable<InventoryEntry>): Inventory {
	const repositories = new Map<string, Map<string, InventoryEntry[]>>();
	let tags = new Map<string, InventoryEntry[]>();
	let repository: string | undefined;
	for (const entry of entries) {
		// Most come by repository.
		if (entry.repository !== repository) {
			repository = entry.repository;
			tags = repositories.get(repository) ?? new Map();
			repositories.set(repository, tags);
		}

		const named = tags.get(entry.tag);
		if (named === undefined) {
			tags.set(entry.tag, [entry]);
		} else {
			named.push(entry);
		}
	}

	for (const ofRepository of repositories.values()) {
		for (const [tag, named] of ofRepository) {
			if (named.length > 1) {
				ofRepository.set(tag, joined(named));
			}
		}
	}

	return {registry, repositories};
}

/** The inventory with what a probe saw. */
export function withSightings(inventory: Inventory, sightings: Iterable<Sighting>): Inventory {
	return inventoryOf(inventory.registry, both(entriesOf(inventory), sightings));
}

export function* entriesOf({repositories}: Inventory): Generator<InventoryEntry> {
	for (const tags of repositories.values()) {
		for (const named of tags.values()) {
			yield* named;
		}
	}
}

function* both(entries: Iterable<InventoryEntry>, sightings: Iterable<Sighting>): Generator<InventoryEntry> {
	yield* entries;
	for (const {repository, tag, digest, seen} of sightings) {
		yield {repository, tag, digest, firstSeen: seen, lastSeen: seen};
	}
}

function joined(named: readonly InventoryEntry[]): InventoryEntry[] {
	const [first, second] = named;
	// Nearly every tag of a run names what it did in the run before.
	if (named.length === 2 && first!.digest === second!.digest) {
		return [spanOf(first!, second!)];
	}

	const byDigest = new Map<Digest, InventoryEntry>();
	for (const entry of named) {
		const known = byDigest.get(entry.digest);
		byDigest.set(entry.digest, known === undefined ? entry : spanOf(known, entry));
	}

	return [...byDigest.values()].sort(newestFirst);
}

function spanOf({repository, tag, digest, firstSeen, lastSeen}: InventoryEntry, other: InventoryEntry): InventoryEntry {
	return {
		repository,
		tag,
		digest,
		firstSeen: other.firstSeen < firstSeen ? other.firstSeen : firstSeen,
		lastSeen: other.lastSeen > lastSeen ? other.lastSeen : lastSeen,
	};
}

function newestFirst(one: InventoryEntry, other: InventoryEntry): number {
	return (
		compare(other.lastSeen, one.lastSeen) ||
		compare(other.firstSeen, one.firstSeen) ||
		compare(one.digest, other.digest)
	);
}

function compare(one: string, other: string): number {
	return one < other ? -1 : Number(one > other);
}
