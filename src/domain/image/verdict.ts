import type {Reason} from '../error-codes.ts';
import {count} from '../text/wording.ts';
import type {Digest} from './digest.ts';
import type {Fault} from './fault.ts';
import {formatReference, type ImageReference} from './reference.ts';

/** unknown is never shown as intact. */
export type Verdict = 'intact' | 'broken' | 'unknown';

/** A cache may lack what it has not fetched yet. */
export type RegistryRole = 'authoritative' | 'cache';

/** `head`: everything exists; `edge`: and has its size and a readable last byte; `content`: every byte hashed. */
export type Depth = 'head' | 'edge' | 'content';

/** A part that could not be checked, and why: it keeps the verdict from being intact. */
export type Unchecked = Reason & {
	digest?: Digest;
	via: Digest[];
	platform?: string;
};

/** What one walk of one image found. */
export type ImageCheck = {
	reference: string;
	/** What the tag named, if it named something. */
	digest?: Digest;
	mediaType?: string;
	verdict: Verdict;
	checked: {manifests: number; blobs: number};
	faults: Fault[];
	unchecked: Unchecked[];
	/** One row a child of an index, in the index's order; for a single image, one row. */
	children: ChildCheck[];
};

export type ChildCheck = {
	digest: Digest;
	platform?: string;
	verdict: Verdict;
	status?: number;
	blobs: number;
	detail: string;
};

/** The check of an image that nobody can say anything of, and why. */
export function unanswered(reference: ImageReference, {code, message, hint}: Reason): ImageCheck {
	return {
		reference: formatReference(reference),
		verdict: 'unknown',
		checked: {manifests: 0, blobs: 0},
		faults: [],
		unchecked: [{via: [], code, message, hint}],
		children: [],
	};
}

/** A fault outranks an unknown: something is broken, whatever else we could not see. */
export function verdictOf(faults: readonly unknown[], unchecked: readonly unknown[]): Verdict {
	if (faults.length > 0) {
		return 'broken';
	}

	return unchecked.length > 0 ? 'unknown' : 'intact';
}

/** The worst of several: broken, then unknown, then intact. Nothing checked is unknown. */
export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
	if (verdicts.includes('broken')) {
		return 'broken';
	}

	return verdicts.length === 0 || verdicts.includes('unknown') ? 'unknown' : 'intact';
}

/** What a check found, in one sentence for people. */
export function sayVerdict({verdict, children, digest, faults, unchecked}: ImageCheck): string {
	if (verdict === 'intact') {
		return 'Every part answers: the image can be pulled.';
	}

	if (verdict === 'unknown') {
		return `Nobody knows: ${count(unchecked.length, 'part')} could not be checked.`;
	}

	if (digest === undefined) {
		return 'The tag names nothing that the registry serves.';
	}

	const broken = children.filter(child => child.verdict === 'broken').length;
	if (children.length > 1 && broken > 0) {
		const which =
			broken === children.length
				? `none of its ${children.length} children is`
				: `${broken} of its ${children.length} children ${broken === 1 ? 'is' : 'are'} not`;
		return `The index is there; ${which} whole.`;
	}

	return `The image is not whole: ${count(faults.length, 'fault')}.`;
}
