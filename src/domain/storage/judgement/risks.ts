import type {Digest} from '../../image/digest.ts';
import type {Risk} from '../finding.ts';
import {revisionLink} from '../listing/paths.ts';
import type {StorageGraph} from '../walk/graph.ts';
import type {Place} from '../walk/walk.ts';

/** Puts together what nobody suffers from yet: once per repository and digest, with all the tags. */
export class RiskList {
	readonly #risks = new Map<string, {risk: Risk; tags: Set<string>}>();

	addServedAsLayer(repository: string, tags: readonly string[], place: Place): void {
		const detail = `only a layer link makes 2.8 serve it (${revisionLink(repository, place.digest)} is gone): a garbage collection does not see it, and takes what only it needs`;
		this.#add(tags, {kind: 'served-as-layer', repository, ...place, tags: [], detail});
	}

	addUnneeded(digest: Digest, repository: string | undefined): void {
		const detail =
			'its bytes do not match its digest: no image needs it now, but a push of this blob would not replace it';
		const owner = repository === undefined ? {} : {repository};
		this.#add([], {kind: 'corrupt-unneeded', ...owner, digest, tags: [], via: [], detail});
	}

	all(): Risk[] {
		return [...this.#risks.values()].map(({risk, tags}) => ({...risk, tags: [...tags].sort()}));
	}

	#add(tags: readonly string[], risk: Risk): void {
		const key = `${risk.repository}\n${risk.digest}`;
		const known = this.#risks.get(key) ?? {risk, tags: new Set<string>()};
		this.#risks.set(key, known);
		for (const tag of tags) {
			known.tags.add(tag);
		}
	}
}

/** Damaged data that was found by hashing and belongs to no image. */
export function unneeded(graph: StorageGraph, differing: ReadonlySet<Digest>, needed: ReadonlySet<Digest>): Digest[] {
	return [...differing].filter(digest => graph.data(digest) === 'there' && !needed.has(digest));
}
