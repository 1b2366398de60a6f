import type {Reason} from '../error-codes.ts';
import {count} from '../text/wording.ts';
import type {Digest} from './digest.ts';
import type {Fault} from './fault.ts';
import {type ImageCheck, verdictOf} from './verdict.ts';

/** Up to so many parts, or parts of so many images, are what fails. Above that, and from a tenth of the images, it is the storage. */
const fewParts = 3;
const fewImages = 2;
const largestShare = 0.1;

/** Decides over a whole run whether single parts are not served, or so many unrelated ones that the storage fails. */
type UnservedTally = {
	add(check: ImageCheck): void;
	/** The storage's trouble; undefined: the parts are what fails. */
	trouble(): Reason | undefined;
};

export function createUnservedTally(): UnservedTally {
	const parts = new Set<Digest | string>();
	let images = 0;
	let affected = 0;
	/** Images with a part that no image before has: tags of one image, or of one base image, are related. */
	let unrelated = 0;

	return {
		add(check) {
			images++;
			const unserved = check.faults.filter(isUnserved).map(({digest}) => digest ?? check.reference);
			affected += Number(unserved.length > 0);
			unrelated += Number(unserved.length > 0 && unserved.every(part => !parts.has(part)));
			for (const part of unserved) {
				parts.add(part);
			}
		},
		trouble() {
			if (parts.size <= fewParts || unrelated <= fewImages || affected < images * largestShare) {
				return undefined;
			}

			return {
				code: 'registry.storage',
				message: `The registry does not serve ${count(parts.size, 'unrelated part')} of ${affected} of ${count(images, 'image')}: its storage fails, or its memory is stale.`,
				hint: 'Check the disk, its mount and the permissions on the registry’s host; `regmedic scan` reads the disk itself. No image is called broken for this.',
			};
		},
	};
}

/** The same check, where the storage is the reason for what is not served. */
export function withTrouble(check: ImageCheck, {code}: Reason): ImageCheck {
	const faults = check.faults.filter(fault => !isUnserved(fault));
	if (faults.length === check.faults.length) {
		return check;
	}

	const unchecked = [
		...check.unchecked,
		...check.faults.filter(isUnserved).map(({kind, status, detail, ...part}) => ({
			...part,
			code,
			message: `The registry does not serve this part (${detail}), and many unrelated ones as well.`,
			hint: 'Check the storage of the registry.',
		})),
	];
	const isLost = (digest: Digest) => faults.some(fault => fault.digest === digest || fault.via.includes(digest));
	return {
		...check,
		faults,
		unchecked,
		verdict: verdictOf(faults, unchecked),
		children: check.children.map(child =>
			child.verdict === 'broken' && !isLost(child.digest) ? {...child, verdict: 'unknown'} : child,
		),
	};
}

/** Whether nothing else is wrong with the image. */
export function isOnlyUnserved({faults}: ImageCheck): boolean {
	return faults.length > 0 && faults.every(isUnserved);
}

export function isUnserved({kind}: Fault): boolean {
	return kind === 'part-unserved';
}
