import {defined} from '../defined.ts';
import type {Digest} from '../image/digest.ts';
import {tagTarget} from '../storage/listing/links.ts';
import type {RepositoryListing, StorageListing} from '../storage/listing/listing.ts';
import {currentLink} from '../storage/listing/paths.ts';
import {openGraph} from '../storage/walk/graph.ts';
import {entriesOf, type Inventory, type InventoryEntry} from './inventory.ts';

/** What a tag named when a probe last saw it so. ISO 8601, UTC. */
export type SeenTag = Pick<InventoryEntry, 'repository' | 'tag' | 'digest' | 'lastSeen'>;

/** `tags`: what each named last. */
type GoneRepository = {repository: string; lastSeen: string; tags: SeenTag[]};

/** `now`: what it names, and named before it named `digest`. */
type MovedTag = SeenTag & {now: Digest};

/** What the probes saw and the disk does not show any more; in each list, what was seen last comes first. */
export type Past = {
	/** The file of the inventory. */
	file: string;
	/** The registry that was probed, as the probe named it. */
	registry: string;
	/** When a probe last saw any tag. Absent: none has seen one. */
	lastSeen?: string;
	/** Repositories of which no tag and no manifest is left. */
	repositories: GoneRepository[];
	/** Tags that are gone from repositories that are there. */
	tags: SeenTag[];
	/** Tags that name again what they named before. */
	movedBack: MovedTag[];
	/** Tags that are there and name nothing. */
	dangling: SeenTag[];
	/** Tags that were gone long before the last probe, or are left out for their number: counted only. */
	older: number;
	/** Tags of which the disk was not read, so that nothing is known of them. */
	unread: number;
	/** None of its repositories is on the disk: it may be of another registry. */
	sharesNothing?: true;
	/** The last line of the file was cut off and is left out. */
	isTorn?: true;
};

/** The inventory that is configured, and cannot be used. */
export type UnusablePast = {file: string; problem: string};

const dayMs = 24 * 3_600_000;
/** Whoever removed a tag so long before the last probe has not missed it: retention removes many. */
const forgottenAfterMs = 30 * dayMs;

/** So many are kept in a journal. */
const mostListed = 50;
const mostOfRepository = 20;

/** Compares what the probes saw with what the disk holds. */
export function pastOf(inventory: Inventory, listing: StorageListing, file: string): Past {
	const {registry} = inventory;
	const lastSeen = latest(entriesOf(inventory));
	const recent = lastSeen === undefined ? '' : secondsBefore(lastSeen, forgottenAfterMs);
	const graph = openGraph(listing);
	const past: Past = {
		file,
		registry,
		...defined({lastSeen}),
		repositories: [],
		tags: [],
		movedBack: [],
		dangling: [],
		older: 0,
		unread: 0,
	};

	for (const [repository, tags] of inventory.repositories) {
		const there = listing.repositories.get(repository);
		const gone: SeenTag[] = [];
		for (const [tag, named] of tags) {
			const [last] = named;
			const stored = there?.tags.get(tag);
			const now = tagTarget(stored?.link);
			if (last === undefined) {
				continue;
			}

			if (now !== undefined) {
				past.movedBack.push(...movedBack(named, {now, recent}));
			} else if (graph.absent(currentLink(repository, tag)) === 'unread') {
				past.unread++;
			} else if (stored !== undefined) {
				past.dangling.push(seenTag(last));
			} else if (last.lastSeen < recent) {
				past.older++;
			} else {
				gone.push(seenTag(last));
			}
		}

		if (isThere(there)) {
			past.tags.push(...gone);
		} else if (gone.length > 0) {
			past.repositories.push({repository, lastSeen: latest(gone)!, tags: gone.sort(newestFirst)});
		}
	}

	const sharesNothing =
		past.repositories.length > 0 &&
		![...inventory.repositories.keys()].some(name => isThere(listing.repositories.get(name)));
	for (const list of [past.repositories, past.tags, past.movedBack, past.dangling]) {
		list.sort(newestFirst);
	}

	return {...past, ...(sharesNothing && {sharesNothing})};
}

/** Whether anything is gone, moved or dangling. */
export function isEventful({repositories, tags, movedBack: moved, dangling}: Past): boolean {
	return repositories.length + tags.length + moved.length + dangling.length > 0;
}

function isThere(listed: RepositoryListing | undefined): boolean {
	return listed !== undefined && (listed.tags.size > 0 || listed.revisions.size > 0);
}

/** The same with short lists, for a journal. What is left out is counted as `older`: it was seen before the rest. */
export function shortened(past: Past): Past {
	const repositories = past.repositories.slice(0, mostListed).map(each => ({
		...each,
		tags: each.tags.slice(0, mostOfRepository),
	}));
	const [tags, moved, dangling] = [past.tags, past.movedBack, past.dangling].map(list => list.slice(0, mostListed)) as [
		SeenTag[],
		MovedTag[],
		SeenTag[],
	];
	const sizeOf = (list: readonly GoneRepository[]) => list.reduce((sum, each) => sum + each.tags.length, 0);
	const left = sizeOf(past.repositories) - sizeOf(repositories) + past.tags.length - tags.length;
	return {...past, repositories, tags, movedBack: moved, dangling, older: past.older + left};
}

/**
 * Where the tag named something else after it first named what it names now: what that was last. A tag that was pushed anew names
 * what no probe saw before.
 */
function movedBack(named: readonly InventoryEntry[], {now, recent}: {now: Digest; recent: string}): MovedTag[] {
	const current = named.find(({digest}) => digest === now);
	const later =
		current &&
		named.find(
			({digest, firstSeen, lastSeen}) => digest !== now && firstSeen > current.firstSeen && lastSeen >= recent,
		);
	return later === undefined ? [] : [{...seenTag(later), now}];
}

function seenTag({repository, tag, digest, lastSeen}: InventoryEntry): SeenTag {
	return {repository, tag, digest, lastSeen};
}

function latest(seen: Iterable<{lastSeen: string}>): string | undefined {
	let last: string | undefined;
	for (const {lastSeen} of seen) {
		last = last === undefined || lastSeen > last ? lastSeen : last;
	}

	return last;
}

function secondsBefore(time: string, milliseconds: number): string {
	return `${new Date(Date.parse(time) - milliseconds).toISOString().slice(0, 19)}Z`;
}

function newestFirst(one: {lastSeen: string}, other: {lastSeen: string}): number {
	return one.lastSeen > other.lastSeen ? -1 : Number(one.lastSeen < other.lastSeen);
}
