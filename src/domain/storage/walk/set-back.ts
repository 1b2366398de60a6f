import type {Digest} from '../../image/digest.ts';
import type {Inventory, InventoryEntry} from '../../inventory/inventory.ts';
import {tagTarget} from '../listing/links.ts';
import type {TagListing} from '../listing/listing.ts';
import type {StorageGraph} from './graph.ts';

/** A tag that names an older image than it did. Times are seconds since 1970. */
export type SetBack = {
	repository: string;
	tag: string;
	/** What it names now, and when it was last set to that. */
	digest: Digest;
	set: number;
	/** What it named after that, newest first; `by`: what tells it. */
	later: {digest: Digest; named: number; by: 'history' | 'inventory'}[];
};

/** Two pushes of one tag at once can end in either order. */
const sameMomentSeconds = 2;
/** Of the clocks of the registry's host and of the machine that probes. */
const clocksDifferSeconds = 600;

/**
 * Tags whose `current/link` names an older image than the newest entry of their own history, or than a probe has seen since that
 * link was written. A push renews the entry of what it names, also where it re-points the tag to an old image: only a restore of
 * older links, or a hand, leaves a newer one. Seen on 2.8.2 and 3.1.1.
 * @see distribution v2.8.3 registry/storage/tagstore.go, Tag: it links into the index, then overwrites current
 */
export function tagsSetBack({listing}: StorageGraph, witness: Inventory | undefined): SetBack[] {
	const found: SetBack[] = [];
	for (const [repository, {tags}] of listing.preciseTimes === false ? [] : listing.repositories) {
		for (const [tag, stored] of tags) {
			const digest = tagTarget(stored.link);
			const seen = witness?.repositories.get(repository)?.get(tag) ?? [];
			const later = digest === undefined ? [] : namedLater(stored, digest, {seen, taken: listing.taken});
			if (digest !== undefined && later.length > 0) {
				found.push({repository, tag, digest, set: setAt(stored, digest), later});
			}
		}
	}

	return found;
}

type Evidence = {seen: readonly InventoryEntry[]; taken: number};

/** @param digest what the tag names now */
function namedLater(stored: TagListing, digest: Digest, {seen, taken}: Evidence): SetBack['later'] {
	const set = setAt(stored, digest);
	const {link, history = new Map<Digest, number>()} = stored;
	// A hand may have written the link alone, after the probe.
	const written = Math.max(set, link?.changed ?? set);
	const bySeen = seen
		.map(entry => ({digest: entry.digest, named: Date.parse(entry.lastSeen) / 1000, by: 'inventory' as const}))
		.filter(({named}) => named > written + clocksDifferSeconds);
	const byHistory = [...history]
		.map(([of, named]) => ({digest: of, named, by: 'history' as const}))
		// What was written during the listing may belong to a push that was not seen whole.
		.filter(({named}) => named > set + sameMomentSeconds && named <= taken);
	const later = new Map([...bySeen, ...byHistory].map(entry => [entry.digest, entry]));
	later.delete(digest);
	return [...later.values()].sort((a, b) => b.named - a.named);
}

/** A push writes the entry of the history as well; that of a store of another tool may be missing. */
function setAt({link, history}: TagListing, digest: Digest): number {
	return history?.get(digest) ?? link?.changed ?? 0;
}
