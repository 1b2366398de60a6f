import {defined} from '../defined.ts';
import {type Digest, isDigest} from '../image/digest.ts';
import {formatReference, type ImageReference} from '../image/reference.ts';
import {sayAge, saySibling} from '../remedy/say-sibling.ts';
import type {Sibling} from '../remedy/siblings.ts';
import {upperFirst} from '../text/wording.ts';
import type {PlanImage} from './plan.ts';

/** More intact images than a person compares; `scan` shows the others. */
const mostSiblings = 10;
/** Of a digest, as in the id of an image. */
const digestLength = 12;

export type PlanSibling = NonNullable<PlanImage['siblings']>[number];

/**
 * The intact images that the tags of a damaged image can be pointed to: what its tag named last first, then the newest.
 */
export function planSiblings(siblings: readonly Sibling[]): PlanSibling[] {
	return siblings.slice(0, mostSiblings).map(sibling => {
		const {digest, tags, platforms, age, built, tagged} = sibling;
		const name = tags[0] ?? digest.split(':')[1]!.slice(0, digestLength);
		const say = `${saySibling(sibling)}; ${sayAge(sibling)}`;
		return {name, digest, tags, platforms, age, ...defined({built, tagged}), say};
	});
}

/** The siblings of which the times do not tell which one is first: a restore and a copy leave equal times. Fewer than two: they do. */
export function equallyNew(siblings: readonly Sibling[]): Sibling[] {
	const [first] = siblings;
	const together = siblings.filter(each => first !== undefined && rankOf(each) === rankOf(first));
	return together.length > 1 ? together : [];
}

function rankOf({wasNamed, named, built, tagged}: Sibling): string {
	return wasNamed ? `named ${named}` : `set ${built ?? tagged}`;
}

/** @param which a tag, a digest, or its beginning */
export function isSibling({digest, tags}: Pick<PlanSibling, 'digest' | 'tags'>, which: string): boolean {
	const hex = digest.split(':')[1]!;
	return tags.includes(which) || digest === which || (which.length >= digestLength && hex.startsWith(which));
}

/** `re-point:1.4.1`: the remedy of a row that names which of the images. */
export function repointTo({name}: Pick<PlanSibling, 'name'>): `re-point:${string}` {
	return `re-point:${name}`;
}

type Repoint = {remedy: `re-point:${string}`; possible: true; why: string; values: {to: string}};

/** Each image that is not the one which `re-point` alone stands for. */
export function otherRepoints({repository, remedies, siblings = []}: PlanImage, host: string): Repoint[] {
	const isNewest = remedies.some(({remedy, possible}) => remedy === 're-point' && possible);
	return siblings.slice(isNewest ? 1 : 0).map(sibling => ({
		remedy: repointTo(sibling),
		possible: true,
		why: upperFirst(`${sibling.say}.`),
		values: {to: siblingReference(sibling, {host, repository})},
	}));
}

/** With its tag, as far as it has one: it is shown by that, and read by its digest. */
export function siblingReference(
	{tags: [tag], digest}: Pick<PlanSibling, 'tags' | 'digest'>,
	{host, repository}: Pick<ImageReference, 'host' | 'repository'>,
): string {
	return formatReference({host, repository, digest, ...defined({tag})});
}

/** The digest of what the values of a row point its tags to. */
export function pointedTo({to}: {to?: unknown}): Digest | undefined {
	const digest = typeof to === 'string' ? to.split('@')[1] : undefined;
	return digest !== undefined && isDigest(digest) ? digest : undefined;
}
