import {defined} from '../../defined.ts';
import {type Digest, isDigest} from '../../image/digest.ts';
import {type Obstacle, sayObstacle} from '../listing/obstacles.ts';
import {parentFolder, readStorageFolder, revisionLink} from '../listing/paths.ts';
import type {PartPath} from '../walk/walk-manifest.ts';
import type {LatentFault} from './finding.ts';

const historyEntry = /^repositories\/(.+)\/_manifests\/tags\/([^/]+)\/index\/(sha256|sha512)\/([0-9a-f]+)(?:\/link)?$/;

/** Merges latent faults: one a repository and digest, with all the tags that reach it. */
export class LatentFaultList {
	readonly #faults = new Map<string, {fault: LatentFault; tags: Set<string>}>();

	addServedAsLayer(repository: string, tags: readonly string[], path: PartPath): void {
		const detail = `2.8 serves it only because of a layer link (${revisionLink(repository, path.digest)} is gone): a garbage collection does not see it, and removes everything that only it needs`;
		this.#add(tags, {kind: 'served-as-layer', repository, ...path, tags: [], detail});
	}

	addUnneeded(digest: Digest, repository: string | undefined): void {
		const detail =
			'its bytes do not match its digest: no image needs it now, but a push of this blob would not replace it';
		this.#add([], {kind: 'corrupt-unneeded', ...defined({repository}), digest, tags: [], via: [], detail});
	}

	addInTheWay(obstacle: Obstacle): void {
		const {path} = obstacle;
		const place = readStorageFolder(path) ?? readStorageFolder(parentFolder(path));
		const [, repository, tag, algorithm, hex] = historyEntry.exec(path) ?? [];
		const digest = tag === undefined && place !== undefined && 'digest' in place ? place.digest : `${algorithm}:${hex}`;
		if (isDigest(digest)) {
			const owner = repository ?? (place !== undefined && 'repository' in place ? place.repository : undefined);
			const wanted =
				tag === undefined ? (place?.kind === 'blob' ? 'its data' : 'its link') : `the history of tag ${tag}`;
			const detail = `${sayObstacle(obstacle, wanted)} (${path}): no image needs it now, but a push of it would fail, or store nothing`;
			this.#add([], {kind: 'in-the-way', ...defined({repository: owner}), digest, tags: [], via: [], detail});
		}
	}

	all(): LatentFault[] {
		return [...this.#faults.values()].map(({fault, tags}) => ({...fault, tags: [...tags].sort()}));
	}

	#add(tags: readonly string[], fault: LatentFault): void {
		const key = `${fault.repository}\n${fault.digest}`;
		const known = this.#faults.get(key) ?? {fault, tags: new Set<string>()};
		this.#faults.set(key, known);
		for (const tag of tags) {
			known.tags.add(tag);
		}
	}
}
