import {type Digest, digestHex} from '../image/digest.ts';
import type {PlanItem} from './plan.ts';

/** The row of the one restart: it is about the registry. */
export const restartRow = 'restart';

/** The row of bad data that is moved aside. No image has such an id: a colon is in no repository's name. */
export function asideRow(digest: Digest): string {
	return `aside:${short(digest)}`;
}

/** The row of data that lies aside, and can be put back. */
export function backRow(digest: Digest): string {
	return `back:${short(digest)}`;
}

/** The row that an item of a plan is for. */
export function rowOfItem({image, digest, remedy}: Pick<PlanItem, 'image' | 'digest' | 'remedy'>): string {
	return image ?? (digest === undefined ? restartRow : remedy === 'put-back' ? backRow(digest) : asideRow(digest));
}

function short(digest: Digest): string {
	return digestHex(digest).slice(0, 12);
}
