import type {Digest} from '../../image/digest.ts';
import type {ParsedManifest} from '../../image/manifest.ts';
import {revisionLink} from '../listing/paths.ts';
import {earliest} from '../listing/times.ts';
import {type StorageFault, sayGone, sayLoss} from './faults.ts';
import type {StorageGraph} from './graph.ts';
import {gonePartsOf, planBelow} from './relink-plan.ts';

type Unlinked = {
	fault: Omit<StorageFault, 'via' | 'platform'>;
	/** Seconds since 1970. */
	since: number | undefined;
	/** Everything below it, as far as it is known. */
	parts: Digest[];
};

/** The manifest is there and its link is not: `garbage-collect -m` removed the link, or it was lost in another way. */
export function unlinkedFault(graph: StorageGraph, repository: string, digest: Digest, body: ParsedManifest): Unlinked {
	const since = graph.times.revision(repository, digest);
	if (!body.ok) {
		const detail = `its link is gone and its JSON cannot be read: ${body.reason}`;
		return {fault: {kind: 'child-missing', digest, detail}, since, parts: []};
	}

	const plan = planBelow(graph, repository, [digest]);
	const parts = plan.parts.map(part => part.digest);
	const lost = gonePartsOf(plan);
	if (lost.length > 0) {
		const missing = lost.filter(part => graph.data(part) === 'gone');
		const detail = sayLoss(missing.length, lost.length - missing.length);
		return {
			fault: {kind: 'child-swept', digest, missing, detail},
			since: earliest([since, ...missing.map(graph.times.data)]),
			parts,
		};
	}

	const detail = plan.complete
		? sayGone(graph, revisionLink(repository, digest), {
				wanted: 'its revision link',
				gone: 'everything is on disk, only its revision link is gone',
			})
		: 'its revision link is gone; it could not be read whether all its parts are still there';
	return {fault: {kind: 'child-unlinked', digest, detail}, since, parts};
}
