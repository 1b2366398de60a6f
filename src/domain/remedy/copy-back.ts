import {type Digest, shortDigest} from '../image/digest.ts';
import {isRepositoryName} from '../image/reference.ts';
import {sayTime} from '../text/time.ts';
import {byteSize, count} from '../text/wording.ts';
import type {RelinkStep} from './relink-steps.ts';

/**
 * One part of an image, and where its bytes are. `linked`: in the registry, nothing to do. `disk`: on its disk, without the link.
 * `sources`: only the sources that are named hold it. `gone`: nobody holds it. `in-the-way`: the disk has data in its place that is
 * not it, and a registry never overwrites data: it has to be moved aside first. `unread`: it is not known.
 */
export type CopyPart = {
	digest: Digest;
	role: 'manifest' | 'config' | 'layer';
	/** Bytes. */
	size: number;
	where: 'linked' | 'disk' | 'sources' | 'gone' | 'in-the-way' | 'unread';
	/** Those that hold it, in the order in which they are asked; also of what is in the way. */
	sources?: string[];
	/** A repository that links what is on the disk: a blob is mounted from there. */
	from?: string;
};

/** Where the bytes of one image are. */
export type CopyBack = {
	/** The digest that is brought back, with everything below it. */
	digest: Digest;
	/** Each once, leaves first: what lies below a manifest comes before it. */
	parts: CopyPart[];
	/** Sources that could not be asked, with the reason. */
	silent: {source: string; why: string}[];
};

/** Whether the sources hold what an image lacks. `bytes`: to be fetched. */
export type CopyBackOutlook = {
	possible: boolean;
	why: string;
	bytes: number;
	/** The digest that is brought back; absent: it is not known which. */
	top?: Digest;
	/** Tags that have to be set to it, because they name nothing any more. */
	retag?: string[];
	/** Bad data that is moved aside before, by the same plan. */
	asides?: Digest[];
};

/**
 * Says that a tag named this digest. A hash proves bytes, not names. `setBy`: by when it did; `built`: when the image was built, as its
 * config says. Both in ISO 8601.
 */
export type Witness = {source: string; digest: Digest; setBy?: string; built?: string};

/** The same when this bad data was moved aside: then it is what the sources hold, or gone. */
export function onceMovedAside({parts, ...copyBack}: CopyBack, movable: ReadonlySet<Digest>): CopyBack {
	return {
		...copyBack,
		parts: parts.map(part =>
			part.where === 'in-the-way' && movable.has(part.digest)
				? {...part, where: part.sources === undefined ? 'gone' : 'sources'}
				: part,
		),
	};
}

/** What brings the image back: blobs, mounted where another repository links them, then manifests, nested ones first, then tags. */
export function copySteps(repository: string, {digest, parts}: CopyBack, retag: readonly string[]): RelinkStep[] {
	const blobs = parts.filter(({role}) => role !== 'manifest');
	const manifests = parts.filter(({role}) => role === 'manifest');
	const top = manifests.find(part => part.digest === digest);
	return [
		...blobs.filter(isStored).flatMap(part => blobSteps(repository, part)),
		...manifests
			.filter(isStored)
			.map((part): RelinkStep => ({kind: 'put-manifest', repository, digest: part.digest, ...fromOf(part)})),
		...retag.map((tag): RelinkStep => ({kind: 'restore-tag', repository, tag, digest, ...(top && fromOf(top))})),
	];
}

function blobSteps(repository: string, part: CopyPart): RelinkStep[] {
	const {digest, role, size, where, from} = part;
	if (role === 'manifest') {
		return [];
	}

	return where === 'disk' && from !== undefined && isRepositoryName(from)
		? [{kind: 'mount-blob', repository, digest, role, from, size}]
		: [{kind: 'upload-blob', repository, digest, role, size, ...fromOf(part)}];
}

function isStored({where}: CopyPart): boolean {
	return where === 'disk' || where === 'sources';
}

function fromOf({where, sources}: CopyPart): {sources?: string[]} {
	return where === 'sources' && sources !== undefined ? {sources} : {};
}

/** Whether the sources suffice, and why: in the words of a plan's row. @param witnesses of the digest, where the registry does not know it @param whyKept why bad data is not moved aside by the same plan */
export function weighCopyBack(
	{digest, parts, silent}: CopyBack,
	witnesses: readonly Witness[] = [],
	whyKept = '',
): CopyBackOutlook & {top: Digest} {
	const of = (where: CopyPart['where']) => parts.filter(part => part.where === where);
	const [fetched, gone, inTheWay, unread] = [of('sources'), of('gone'), of('in-the-way'), of('unread')];
	const held = fetched.length === 0 ? '' : `${sayHolders(fetched)}.`;
	const asked = silent.map(({source, why}) => `${source} could not be asked: ${why}`);
	const bytes = fetched.reduce((sum, {size}) => sum + size, 0);
	const outlook = (possible: boolean, ...words: string[]) => {
		const why = [...words, ...asked].filter(text => text !== '').join(' ');
		return {possible, why, bytes, top: digest};
	};

	if (gone.length > 0) {
		return outlook(false, `No source holds ${sayDigests(gone)}.`, held);
	}

	if (inTheWay.length > 0) {
		const data = `the data of ${sayDigests(inTheWay)}`;
		return outlook(false, `First move aside ${data}: no upload replaces what is there.`, whyKept, held);
	}

	if (unread.length > 0) {
		return outlook(false, `It is not known whether ${sayDigests(unread)} is there.`, held);
	}

	if (fetched.length === 0) {
		return outlook(false, 'It is not needed: nothing is missing from the disk.');
	}

	const names = witnesses.map(({source}) => source).join(' and ');
	const named = names === '' ? '' : `That the tag named ${shortDigest(digest)} is what ${names} says.`;
	return outlook(true, held, `${byteSize(bytes)} in all; the digest stays.`, named);
}

/** A tag that names nothing: which digest it meant only others know. Where they disagree, a person chooses. */
export function weighWitnesses(
	witnesses: readonly Witness[],
	silent: CopyBack['silent'],
): {digest: Digest} | {outlook: CopyBackOutlook} {
	const digests = new Set(witnesses.map(({digest}) => digest));
	const [only] = digests;
	if (only !== undefined && digests.size === 1) {
		return {digest: only};
	}

	const asked = silent.map(({source, why}) => `${source} could not be asked: ${why}`);
	const why =
		only === undefined
			? 'The tag names nothing, and no source has a tag of this name.'
			: `Which digest the tag named is not known: ${witnesses.map(sayWitness).join(', ')}. Respond to the image by the digest that you choose, then point the tag to it.`;
	return {outlook: {possible: false, why: [why, ...asked].join(' '), bytes: 0}};
}

/** `nas has sha256:0a1b2c3d4e5f (set by 2026-04-18 02:00 UTC, built 2026-04-17 11:20 UTC)` */
function sayWitness({source, digest, setBy, built}: Witness): string {
	const times = [
		...(setBy === undefined ? [] : [`set by ${sayTime(setBy)}`]),
		...(built === undefined ? [] : [`built ${sayTime(built)}`]),
	];
	return `${source} has ${shortDigest(digest)}${times.length === 0 ? '' : ` (${times.join(', ')})`}`;
}

/** `mirror holds all 3 missing parts` · `node1 holds 2 of 5 missing parts, node2 3` */
function sayHolders(fetched: readonly CopyPart[]): string {
	const names = [...new Set(fetched.flatMap(({sources = []}) => sources))];
	const all = fetched.length;
	return names
		.map((name, at) => {
			const held = fetched.filter(({sources}) => sources?.includes(name)).length;
			const number = held === all ? (all === 1 ? 'the' : `all ${all}`) : at === 0 ? `${held} of ${all}` : String(held);
			return at === 0
				? `${name} holds ${number} missing ${all === 1 ? 'part' : 'parts'}`
				: `${name} ${number === 'the' ? 'too' : number}`;
		})
		.join(', ');
}

function sayDigests(parts: readonly CopyPart[]): string {
	const shown = parts.slice(0, 2).map(({digest, role}) => `the ${role} ${shortDigest(digest)}`);
	const more = parts.length > 2 ? ` and ${count(parts.length - 2, 'part')} more` : '';
	return `${shown.join(', ')}${more}`;
}
