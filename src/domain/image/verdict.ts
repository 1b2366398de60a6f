import type {Reason} from '../error-codes.ts';
import {count} from '../text/wording.ts';
import type {Digest} from './digest.ts';
import {shortDigest} from './digest.ts';
import type {Fault} from './fault.ts';
import type {Warning} from './pullable/warning.ts';
import {formatReference, type ImageReference} from './reference.ts';

/** `unknown` is never shown as intact. */
export type Verdict = 'intact' | 'broken' | 'unknown';

/** A cache may lack what it has not fetched yet. */
export type RegistryRole = 'authoritative' | 'cache';

/**
 * `head`: everything exists; `edge`: and has its size and a readable last byte, and configs are read; `content`: every byte hashed;
 * `unpack`: and every layer unpacked.
 */
export const depths = ['head', 'edge', 'content', 'unpack'] as const;

export type Depth = (typeof depths)[number];

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
	/** `sizeOnly`: blobs that the registry only serves whole. Their size was checked, and their last byte was not read. */
	checked: {manifests: number; blobs: number; sizeOnly?: number};
	faults: Fault[];
	unchecked: Unchecked[];
	/** What only some clients fail at. */
	warnings?: Warning[];
	/** Platforms of which something is absent, and that are not meant to be there. */
	notMeant?: string[];
	/** The registry is proven to serve manifests whose links its disk has lost. Only of an intact image. */
	mayLackLinks?: true;
	/** One row a child of an index, in the index's order; for a single image, one row. */
	children: ChildCheck[];
};

export type ChildCheck = {
	digest: Digest;
	platform?: string;
	verdict: Verdict;
	status?: number;
	blobs: number;
	/** It is not there, which is no fault: a cache has not fetched it yet, or its platform is not meant to be there. */
	absent?: true;
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

const mostNames = 4;
const attestation = 'attestation';

/** What the verdict means for someone who pulls: `linux/amd64 cannot be pulled; linux/arm64 can.` */
export function sayVerdict(check: ImageCheck, depth?: Depth): string {
	switch (check.verdict) {
		case 'intact':
			return [sayIntact(check.checked.sizeOnly, depth), ...sayNotMeant(check)].join(' ');

		case 'unknown':
			return `Not verified: ${count(check.unchecked.length, 'part')} could not be checked.`;

		case 'broken':
			return [...sayLacking(check), ...sayDamage(check)].join(' ');
	}
}

function sayLacking({faults}: ImageCheck): string[] {
	const lacking = faults.flatMap(({kind, platform}) => (kind === 'platform-missing' && platform ? [platform] : []));
	return lacking.length === 0 ? [] : [`The image has nothing for ${lacking.join(', ')}.`];
}

function sayDamage(check: ImageCheck): string[] {
	const damage = check.faults.filter(({kind}) => kind !== 'platform-missing');
	if (damage.length > 0 && damage.every(({kind}) => kind === 'size-wrong')) {
		return ['containerd, and with it Kubernetes, cannot pull the image; other clients may.'];
	}

	return damage.length === 0 ? [] : [sayBroken(check)];
}

/** An image that is intact as its registry is meant to hold it cannot be pulled for every platform that it names. */
export function sayNotMeant({notMeant = []}: ImageCheck): string[] {
	return notMeant.length === 0 ? [] : [`Not here, as configured: ${notMeant.join(', ')}.`];
}

/** What the check rests on: less than every byte, unpacked, proves less than an image that can be pulled. */
export function sayIntact(sizeOnly: number | undefined, depth: Depth | undefined): string {
	if (sizeOnly !== undefined) {
		return `Every part exists. ${saySizeOnly(sizeOnly)}`;
	}

	switch (depth) {
		case 'unpack':
			return 'Every byte was read, and every layer unpacked: the image can be pulled.';
		case 'content':
			return 'Every byte is there and matches its digest. No layer was unpacked: --depth unpack.';
		case 'edge':
			return 'Every part exists, with the right size and a readable last byte; its content was not read: --depth content.';
		default:
			return 'Every part exists. Nothing of it was read: --depth edge.';
	}
}

/** What a check is worth where the registry serves no part of a blob. */
export function saySizeOnly(blobs: number): string {
	const [of, which] = blobs === 1 ? ['1 blob', 'it'] : [`${blobs} blobs`, 'them'];
	return `Of ${of} only the size was checked, because the registry sends ${which} only whole; --depth content reads every byte.`;
}

/** What intact means where the registry also serves from memory. @see docs/memory-of-3.1.md */
export const sayMayLackLinks =
	'Intact means here that it can be pulled now: this registry (distribution 3.x with a descriptor cache) also serves parts whose links its disk has lost, until it is restarted. What its disk holds is shown by regmedic scan.';

function sayBroken(check: ImageCheck): string {
	const {digest, children} = check;
	if (digest === undefined) {
		return 'The registry serves no manifest for this tag: it cannot be pulled.';
	}

	if (children.length < 2) {
		return 'The image cannot be pulled.';
	}

	const platforms = children.filter(({platform}) => platform !== attestation);
	const named = (verdict: Verdict) =>
		namesOf(
			platforms.filter(child => child.verdict === verdict),
			check,
		);
	const [broken, unknown, intact] = [named('broken'), named('unknown'), named('intact')];
	const unchecked = unknown === undefined ? '' : `${unknown} could not be checked.`;

	if (broken === undefined) {
		const whole = unchecked === '' ? 'Every platform can be pulled.' : unchecked;
		return `${whole} An attestation cannot: copying the whole image, or verifying where it comes from, fails.`;
	}

	if (intact === undefined && unknown === undefined) {
		return 'No platform of the image can be pulled.';
	}

	const others = intact === undefined ? '' : `; ${intact} can`;
	return `${broken} cannot be pulled${others}.${unchecked === '' ? '' : ` ${unchecked}`}`;
}

/** `linux/amd64, linux/arm64 and 2 more`; undefined for none. */
function namesOf(children: ChildCheck[], check: ImageCheck): string | undefined {
	const names = [...new Set(children.flatMap(child => platformsOf(child, check)))];
	const first = names.slice(0, mostNames);
	const left = names.length - first.length;
	const last = left > 0 ? `${left} more` : first.pop();
	return first.length === 0 ? last : `${first.join(', ')} and ${last}`;
}

/** A nested index has no platform of its own, but what is wrong below it has. */
function platformsOf({platform, digest}: ChildCheck, {faults, unchecked}: ImageCheck): string[] {
	if (platform !== undefined) {
		return [platform];
	}

	const inside = [...faults, ...unchecked].filter(({via}) => via.includes(digest)).flatMap(part => part.platform ?? []);
	return inside.length === 0 ? [shortDigest(digest)] : inside;
}
