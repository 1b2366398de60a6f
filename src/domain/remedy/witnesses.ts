import {type Digest, shortDigest} from '../image/digest.ts';
import {sayTime} from '../text/time.ts';

/** Says that a tag named this digest. A hash proves bytes, not names. All times in ISO 8601, UTC. */
export type Witness = {
	/** `mirror`, `its own history`, `the inventory`, `a pod of Deployment acme/web` */
	source: string;
	digest: Digest;
	/** By when the tag named it. */
	setBy?: string;
	/** When the image was built, as its config says. */
	built?: string;
	/** When a probe last saw it so. */
	seen?: string;
	/** When the newest container started that runs it. */
	started?: string;
	/** It may be the manifest of one platform of what the tag named. */
	mayBePart?: true;
	/** The manifest of one platform that it told; its `digest` is the index then. */
	part?: Digest;
};

/** Whoever could not be asked, and why, in whole sentences. */
export type Silent = {source: string; why: string};

/** The manifests below each digest that is known to be an index. */
type Indexes = ReadonlyMap<Digest, ReadonlySet<Digest>>;

/** A tag that names nothing: which digest it meant only others know. Where they disagree, a person chooses: `why`. */
export function weighWitnesses(
	given: readonly Witness[],
	silent: readonly Silent[],
	indexes: Indexes = new Map(),
): {digest: Digest; witnesses: Witness[]} | {why: string} {
	const witnesses = given.map(witness => placed(witness, given, indexes));
	const digests = new Set(witnesses.map(({digest}) => digest));
	const [only] = digests;
	const isAlike = only !== undefined && digests.size === 1;
	if (isAlike && witnesses.some(({mayBePart}) => !mayBePart)) {
		return {digest: only, witnesses};
	}

	const listed = witnesses.map(sayWitness).join(', ');
	const choose = 'Respond to the image by the digest that you choose, then point the tag to it.';
	const why =
		only === undefined
			? 'The tag names nothing, and no source has a tag of this name.'
			: isAlike
				? `It is not known whether the tag named all of an image or this platform of it: ${listed}. ${choose}`
				: `Which digest the tag named is not known: ${listed}. ${choose}`;
	return {why: [why, ...saySilent(silent)].join(' ')};
}

/** What may be one platform agrees with the one index that has it; an index is no platform of anything. */
function placed({mayBePart, ...witness}: Witness, all: readonly Witness[], indexes: Indexes): Witness {
	if (!mayBePart || indexes.has(witness.digest)) {
		return witness;
	}

	const named = new Set(all.map(({digest}) => digest));
	const [index, another] = [...named].filter(digest => indexes.get(digest)?.has(witness.digest));
	return index === undefined || another !== undefined
		? {...witness, mayBePart}
		: {...witness, digest: index, part: witness.digest};
}

/** `According to mirror (built 2026-04-17 11:20 UTC) and the inventory (last seen 2026-04-18 02:00 UTC), the tag named sha256:0a1b2c3d4e5f.` */
export function sayAgreed(digest: Digest, witnesses: readonly Witness[]): string {
	const names = witnesses.map(witness => `${witness.source}${sayTimes(witness)}`);
	const last = names.pop();
	const all = names.length === 0 ? last : `${names.join(', ')} and ${last}`;
	return last === undefined ? '' : `According to ${all}, the tag named ${shortDigest(digest)}.`;
}

export function saySilent(silent: readonly Silent[]): string[] {
	return silent.map(({source, why}) => `${source} could not be asked: ${why}`);
}

/** `nas has sha256:0a1b2c3d4e5f (set by 2026-04-18 02:00 UTC, built 2026-04-17 11:20 UTC)` */
function sayWitness(witness: Witness): string {
	return `${witness.source} has ${shortDigest(witness.digest)}${sayTimes(witness)}`;
}

function sayTimes({setBy, built, seen, started, part}: Witness): string {
	const words: [string, string | undefined][] = [
		['set by', setBy],
		['built', built],
		['last seen', seen],
		['started', started],
	];
	const times = [
		...(part === undefined ? [] : [`by its platform ${shortDigest(part)}`]),
		...words.flatMap(([word, at]) => (at === undefined ? [] : [`${word} ${sayTime(at)}`])),
	];
	return times.length === 0 ? '' : ` (${times.join(', ')})`;
}
