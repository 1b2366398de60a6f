import {type Digest, shortDigest} from '../image/digest.ts';
import type {Finding} from './findings/finding.ts';
import type {RelinkPart} from './walk/relink-plan.ts';

/** A part that the registry serves from its memory, and that its disk has without a link: a restart makes it unpullable. */
export type HeldInMemory = {repository: string; tag?: string; digest: Digest};

/** The part of a finding whose link is gone and whose data is all there, with everything below it. */
export function unlinkedPart({digest, plan}: Finding): RelinkPart | undefined {
	const unlinked = plan?.complete ? plan.parts.filter(({where}) => where === 'disk' || where === 'elsewhere') : [];
	return unlinked.find(part => part.digest === digest) ?? unlinked.at(-1);
}

/** `acme/app:v1`, or its digest where no tag names it. */
function nameHeld({repository, tag, digest}: HeldInMemory): string {
	return tag === undefined ? `${repository}@${shortDigest(digest)}` : `${repository}:${tag}`;
}

/** Each image once: `acme/app:v1 and 2 more`. */
export function nameAllHeld(held: readonly HeldInMemory[]): string {
	const [first = '', ...more] = new Set(held.map(nameHeld));
	return more.length === 0 ? first : `${first} and ${more.length} more`;
}
