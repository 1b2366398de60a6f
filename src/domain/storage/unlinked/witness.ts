import type {Digest} from '../../image/digest.ts';
import {entriesOf, type Inventory, type InventoryEntry} from '../../inventory/inventory.ts';
import type {StorageGraph} from '../walk/graph.ts';

/** What the registry is known to have held. */
export type Witness = Inventory;

/** An image on the disk that its repository has lost. `seen`: when a probe last saw one of the tags name it, in ISO 8601, UTC. */
export type Vanished = {repository: string; digest: Digest; tags: string[]; seen?: string};

const daySeconds = 86_400;
/** A tag that the probes have not seen for so long was removed then, and nobody has missed it. */
const forgottenAfterSeconds = 30 * daySeconds;
/** So long the probes have to have run before what they never saw counts as old. */
const provenAfterSeconds = 7 * daySeconds;

/**
 * The tags of repositories that the disk does not have any more, with the image that each named last, where that is still on
 * the disk. A repository that has a manifest or a tag is there: what it lacks was removed from it.
 */
export function vanishedTags({listing, manifest}: StorageGraph, witness: Witness): Vanished[] {
	const {until} = spanOf(witness);
	const found = new Map<string, Vanished>();
	for (const [repository, tags] of witness.repositories) {
		const there = listing.repositories.get(repository);
		if (there === undefined || (there.revisions.size === 0 && there.tags.size === 0)) {
			for (const [tag, [last]] of tags) {
				if (last !== undefined && isRecent(last, until) && manifest(last.digest)?.ok) {
					const key = `${repository} ${last.digest}`;
					const {tags: named, seen = ''} = found.get(key) ?? {tags: []};
					found.set(key, {
						repository,
						digest: last.digest,
						tags: [...named, tag],
						seen: seen > last.lastSeen ? seen : last.lastSeen,
					});
				}
			}
		}
	}

	return [...found.values()];
}

/**
 * Those of these digests that are old by the inventory: every tag that named one has named another since, or was seen last long
 * before the newest probe; or probes that began after it was stored have never seen it.
 */
export function oldDigests({listing}: StorageGraph, witness: Witness, digests: readonly Digest[]): Set<Digest> {
	const {since, until} = spanOf(witness);
	const isLast = new Map<Digest, boolean>();
	for (const {repository, tag, digest, lastSeen} of entriesOf(witness)) {
		const newest = witness.repositories.get(repository)?.get(tag)?.[0];
		isLast.set(digest, isLast.get(digest) === true || (newest?.digest === digest && isRecent({lastSeen}, until)));
	}

	return new Set(
		digests.filter(digest => {
			const stored = listing.blobs.get(digest)?.changed ?? Number.POSITIVE_INFINITY;
			const isBefore = stored < since && until - since >= provenAfterSeconds;
			return isLast.get(digest) === false || (!isLast.has(digest) && isBefore);
		}),
	);
}

/** When the probes saw their first and their last tag, in seconds since 1970. */
function spanOf(witness: Witness): {since: number; until: number} {
	let [since, until] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
	for (const {firstSeen, lastSeen} of entriesOf(witness)) {
		since = Math.min(since, Date.parse(firstSeen) / 1000);
		until = Math.max(until, Date.parse(lastSeen) / 1000);
	}

	return {since, until};
}

function isRecent({lastSeen}: Pick<InventoryEntry, 'lastSeen'>, until: number): boolean {
	return Date.parse(lastSeen) / 1000 >= until - forgottenAfterSeconds;
}
