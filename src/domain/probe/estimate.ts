import type {Depth} from '../image/verdict.ts';
import {entriesOf, type Inventory} from '../inventory/inventory.ts';
import {count} from '../text/wording.ts';
import type {Shard} from './probe.ts';
import {isInShard} from './shard.ts';

/** The tags of each repository, as many as a probe would walk. */
export type TagCounts = ReadonlyMap<string, number>;

/** What a probe would request, as far as that is known without reading a manifest. */
type ProbeEstimate = {
	instance: string;
	depth: Depth;
	/** `inventory`: of an earlier probe, and no request was made. `lists`: the catalogue and the tags were listed. */
	basis: 'inventory' | 'lists';
	repositories: number;
	tags: number;
	/** At least. Where they were just made, `lists` is exact; blobs are known once the manifests are read. */
	requests: {lists: number; manifests: number; blobs: null};
	/** For the estimate itself. */
	made: number;
};

type EstimateOptions = Pick<ProbeEstimate, 'instance' | 'depth' | 'basis' | 'made'> & {newest?: number | undefined};

export function estimateOf(
	tags: TagCounts,
	{newest = Number.POSITIVE_INFINITY, ...rest}: EstimateOptions,
): ProbeEstimate {
	const walked = [...tags.values()].reduce((sum, each) => sum + Math.min(each, newest), 0);
	return {
		...rest,
		repositories: tags.size,
		tags: walked,
		requests: {lists: rest.basis === 'lists' ? rest.made : 1 + tags.size, manifests: walked, blobs: null},
	};
}

const dayMs = 24 * 60 * 60 * 1000;

/** The tags that its last probe saw: an inventory keeps those that are gone, too. A probe may take a day. */
export function tagsOfLastProbe(inventory: Inventory, shard: Shard | undefined): TagCounts {
	const seen = [...entriesOf(inventory)].map(entry => ({...entry, at: Date.parse(entry.lastSeen)}));
	const last = seen.reduce((most, {at}) => Math.max(most, at), 0);
	const tags = new Map<string, Set<string>>();
	for (const {repository, tag, at} of seen) {
		if (at > last - dayMs && (shard === undefined || isInShard(repository, shard))) {
			tags.set(repository, (tags.get(repository) ?? new Set()).add(tag));
		}
	}

	return new Map([...tags].map(([repository, names]) => [repository, names.size]));
}

/** @param from the file of the inventory */
export function sayEstimate(
	{instance, depth, basis, repositories, tags, requests, made}: ProbeEstimate,
	from?: string,
): string[] {
	const {lists, manifests} = requests;
	const blobs: Record<Depth, string> = {
		head: 'HEAD',
		edge: 'GET of the last byte',
		content: 'GET of every byte',
		unpack: 'GET of every byte',
	};
	return [
		`${instance}: ${count(repositories, 'repository', 'repositories')} with ${count(tags, 'tag')} to walk, ${
			basis === 'inventory'
				? `as the last probe saw them (${from}). No request was made.`
				: `listed with ${count(made, 'request')}. No manifest and no blob was requested.`
		}`,
		`A probe at depth ${depth} would make at least ${count(lists + manifests, 'request')}:`,
		`  lists: ${basis === 'lists' ? lists : `at least ${lists}`}. GET of the catalogue, and of the tags of each repository.`,
		`  manifests: at least ${manifests}. GET, one for each tag; an index adds one for each of its manifests. Docker Hub counts each as a pull.`,
		`  blobs: ${blobs[depth]}, one for each distinct config and layer of a repository. How many, only the manifests tell.`,
	];
}
