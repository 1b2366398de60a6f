import {type Digest, shortDigest} from '../image/digest.ts';
import {isRepositoryName} from '../image/reference.ts';
import {byteSize, count} from '../text/wording.ts';
import type {RelinkStep} from './relink-steps.ts';
import {type Silent, sayAgreed, saySilent, type Witness} from './witnesses.ts';

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
	silent: Silent[];
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
	const asked = saySilent(silent);
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

	return outlook(true, held, `${byteSize(bytes)} in all; the digest stays.`, sayAgreed(digest, witnesses));
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
