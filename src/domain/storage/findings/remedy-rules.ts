import type {Digest} from '../../image/digest.ts';
import {isAttachedTag, isRunnable} from '../../image/purpose.ts';
import {isoTime} from '../listing/times.ts';
import type {StorageGraph} from '../walk/graph.ts';
import {pastImages} from '../walk/history.ts';
import {relinkPlan} from '../walk/relink-plan.ts';
import {asideOf} from './aside.ts';
import type {RemedyRules} from './finding-list.ts';

/** @param intact repositories with an image that another tag can be pointed to */
export function remedyRules(graph: StorageGraph, intact: ReadonlySet<string>): RemedyRules {
	const {listing} = graph;
	return {
		remedyOfTag({repository, tags, digest, history = []}) {
			// Where not everything was read, it is not known whether another tag of the repository is intact.
			if (!listing.complete) {
				return 'inspect';
			}

			// The image was there: it can be built or brought back. Where no digest is left, the tag names nothing.
			const isAttached = tags.every(isAttachedTag);
			if (digest !== undefined) {
				return isAttached ? 'remove-tag' : 'rebuild';
			}

			return history.length > 0 || (intact.has(repository) && !isAttached) ? 're-point' : 'remove-tag';
		},
		planOf: finding => relinkPlan(finding, listing, graph),
		historyOf: ({repository, tags}) => tags.flatMap(tag => pastImages(graph, repository, tag)),
		timeOf: seconds => (listing.preciseTimes === false ? undefined : isoTime(seconds)),
		asideOf: finding => asideOf(graph, finding),
	};
}

/** Whether another tag of the repository can be pointed to this image: not to a signature, a cache or another artifact. */
export function canTakeTags(graph: StorageGraph, digest: Digest, tags: readonly string[]): boolean {
	const manifestOf = (of: Digest) => {
		const body = graph.manifest(of);
		return body?.ok ? body.manifest : undefined;
	};
	const manifest = manifestOf(digest);
	return (
		manifest !== undefined &&
		tags.some(tag => !isAttachedTag(tag)) &&
		isRunnable(manifest, child => manifestOf(child.digest))
	);
}
