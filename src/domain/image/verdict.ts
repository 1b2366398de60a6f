import type {Reason} from '../error-codes.ts';
import type {Digest} from './digest.ts';
import type {Fault} from './fault.ts';
import {formatReference, type ImageReference} from './reference.ts';

/** `unknown` is never shown as intact. */
export type Verdict = 'intact' | 'broken' | 'unknown';

/** A cache may lack what it has not fetched yet. */
export type RegistryRole = 'authoritative' | 'cache';

/** `head`: everything exists; `edge`: and has its size and a readable last byte; `content`: every byte hashed. */
export type Depth = 'head' | 'edge' | 'content';

/** A part that could not be checked, and why. It keeps the verdict from being intact. */
export type Unchecked = Reason & {
	digest?: Digest;
	via: Digest[];
	platform?: string;
};

/** The result of one walk of one image. */
export type ImageCheck = {
	reference: string;
	/** The digest that the tag resolved to, if it resolved. */
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

/** The check of an image that could not be checked at all, and why. */
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

/** A fault outranks an unchecked part: the image is broken, whatever else could not be checked. */
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
