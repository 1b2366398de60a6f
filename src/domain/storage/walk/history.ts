import type {Digest} from '../../image/digest.ts';
import type {StorageGraph} from './graph.ts';
import {planBelow, type RelinkPlan} from './relink-plan.ts';

/** An image that a tag has named before. `named`: when the tag was last set to it, in seconds since 1970. */
export type PastImage = {tag: string; digest: Digest; named: number; plan: RelinkPlan};

/** What a tag has named, where the disk still holds every part of it: newest first. */
export function pastImages(graph: StorageGraph, repository: string, tag: string): PastImage[] {
	const {history = new Map<Digest, number>()} = graph.listing.repositories.get(repository)?.tags.get(tag) ?? {};
	return [...history]
		.map(([digest, named]) => ({tag, digest, named, plan: planBelow(graph, repository, [digest])}))
		.filter(({plan}) => plan.complete)
		.sort((a, b) => b.named - a.named);
}
