import type {Digest} from '../image/digest.ts';
import type {Inventory, InventoryEntry} from './inventory.ts';

/** What a tag has named, the one seen last first: the first is what it named last. Empty: no probe saw the tag. */
export function namedBy({repositories}: Inventory, repository: string, tag: string): readonly InventoryEntry[] {
	return repositories.get(repository)?.get(tag) ?? [];
}

/** The tags of a repository that have named a digest, the one seen last first. */
export function namesOf({repositories}: Inventory, repository: string, digest: Digest): InventoryEntry[] {
	return [...(repositories.get(repository)?.values() ?? [])]
		.flatMap(named => named.filter(entry => entry.digest === digest))
		.sort((one, other) => (one.lastSeen > other.lastSeen ? -1 : 1));
}

/** When a probe last saw any tag of the repository. Undefined: none did. */
export function repositorySeen({repositories}: Inventory, repository: string): string | undefined {
	let last: string | undefined;
	for (const [entry] of repositories.get(repository)?.values() ?? []) {
		last = last === undefined || entry!.lastSeen > last ? entry!.lastSeen : last;
	}

	return last;
}

/** What the tags named last, each digest once. */
export function lastNamed({repositories}: Inventory): Set<Digest> {
	return new Set(
		[...repositories.values()].flatMap(tags => [...tags.values()].flatMap(([last]) => last?.digest ?? [])),
	);
}
