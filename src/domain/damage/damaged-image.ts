import type {Digest} from '../image/digest.ts';
import type {FaultKind} from '../image/fault.ts';
import type {ImageReference} from '../image/reference.ts';

/**
 * One repository and one top digest that cannot be pulled whole, with all tags that name it: the unit of every repair. A tag
 * that leads to no manifest is one too, without a digest.
 */
export type DamagedImage = {
	/** `infra-ci@0a1b2c3d4e5f`; of a tag that leads to no manifest, `infra-ci@tag:latest`. */
	id: string;
	repository: string;
	digest?: Digest;
	/** Every tag that names it, sorted; empty where only its digest was asked for. */
	tags: string[];
	/** The platforms of its index, attestations left out; of an image without an index they are not known. */
	platforms: {whole: string[]; lost: string[]};
	/** The kinds of its findings, in the order of `faultKinds`. */
	findings: FaultKind[];
	/** ISO 8601, UTC: the earliest that a finding tells. */
	since?: string;
};

/** The reference by which it is asked for: one of its tags, or its digest. */
export function referenceTo({repository, tags, digest}: DamagedImage, host: string): ImageReference {
	const [tag] = tags;
	return tag === undefined ? {host, repository, digest: digest!} : {host, repository, tag};
}

const idDigits = 12;

/** Distinct within a registry, stable across runs, and short enough to be typed. */
export function imageId({repository, digest, tags}: Pick<DamagedImage, 'repository' | 'digest' | 'tags'>): string {
	return digest === undefined
		? `${repository}@tag:${tags[0]}`
		: `${repository}@${digest.slice(digest.indexOf(':') + 1).slice(0, idDigits)}`;
}
