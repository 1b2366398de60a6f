import {type Digest, shortDigest} from '../image/digest.ts';
import {linkHolds, tagTarget} from './listing/links.ts';
import type {StorageListing} from './listing/listing.ts';

/** A tag and the manifest that its link on the disk names. */
export type StoredTag = {repository: string; tag: string; digest: Digest};

/** A part of what a disk holds, large enough to recognise it over HTTP. */
export type StoreSample = {
	/** Tags whose manifest the disk has, with its link: the registry of this disk must serve them. */
	tags: readonly StoredTag[];
	/** Repositories that the registry lists and the disk does not hold. */
	notStored: readonly string[];
};

/**
 * Whether the registry that answers is the one on the disk. `another`: nothing of one is in the other. `partly`: some tags
 * agree and others do not, as with an old copy of the store or a proxy in front of two registries.
 */
export type SameRegistry =
	| {kind: 'same'}
	| {kind: 'another' | 'partly'; evidence: string[]}
	| {kind: 'unknown'; why: string};

export type BothSides = {
	/** The names that the registry lists, as far as they were looked for on the disk. Undefined: it lists none to us. */
	listed: readonly string[] | undefined;
	sample: StoreSample;
	/** What the registry serves for each of `sample.tags`. `unknown`: it could not be asked, or it failed on this manifest. */
	served: readonly (Digest | 'absent' | 'unknown')[];
};

/**
 * Compares names and digests of both sides. A tag that is pushed between the two reads differs as well: a caller reads both
 * sides again before it reports another registry.
 */
export function sameRegistry({listed, sample: {tags, notStored}, served}: BothSides): SameRegistry {
	const compared = tags.flatMap((stored, n) => {
		const answer = served[n] ?? 'unknown';
		return answer === 'unknown' ? [] : [{...stored, answer}];
	});
	const differing = compared.filter(({digest, answer}) => answer !== digest);

	if (compared.length === 0 && (listed ?? []).length === 0) {
		return {kind: 'unknown', why: 'neither a tag of the disk nor a name that the registry lists could be compared'};
	}

	if (differing.length === 0 && notStored.length === 0) {
		return {kind: 'same'};
	}

	const evidence = [
		...differing.slice(0, mostNamed).map(sayTag),
		...(notStored.length === 0 ? [] : [`the registry lists ${listSome(notStored)}, which the disk does not hold`]),
	];
	const noTagAgrees = compared.length > 0 ? differing.length === compared.length : notStored.length === listed?.length;
	// A registry can lack single tags of its own disk: version 3 does not serve manifests of schema 1.
	const hasProof = listed?.length === 0 || notStored.length > 0 || differing.some(({answer}) => answer !== 'absent');
	return {kind: noTagAgrees && hasProof ? 'another' : 'partly', evidence};
}

const mostNamed = 3;

function sayTag({repository, tag, digest, answer}: StoredTag & {answer: Digest | 'absent'}): string {
	const said = answer === 'absent' ? 'does not have this tag' : `serves ${shortDigest(answer)}`;
	return `${repository}:${tag} is ${shortDigest(digest)} on the disk; the registry ${said}`;
}

function listSome(names: readonly string[]): string {
	const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
	return `${names.slice(0, mostNamed).join(', ')}${more}`;
}

/** The sample of a store that was listed. Tags whose manifest is damaged are left out: its own registry may fail on them. */
export function sampleListing(
	{repositories, manifests, complete}: StorageListing,
	listed: readonly string[],
): StoreSample {
	const tags = [...repositories].flatMap(([repository, {tags: named, revisions}]) =>
		[...named].flatMap(([tag, {link}]): StoredTag[] => {
			const digest = tagTarget(link);
			const revision = digest && revisions.get(digest);
			const isWhole = revision && linkHolds(revision, digest) && manifests.get(digest)?.ok;
			return isWhole ? [{repository, tag, digest}] : [];
		}),
	);
	return {tags, notStored: complete ? listed.filter(name => !repositories.has(name)) : []};
}
