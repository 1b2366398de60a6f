import {defined} from '../../domain/defined.ts';
import type {Reason} from '../../domain/error-codes.ts';
import type {Digest} from '../../domain/image/digest.ts';
import type {Fault} from '../../domain/image/fault.ts';
import {mayBeAbsent} from '../../domain/image/meant-platforms.ts';
import type {Warning} from '../../domain/image/pullable/warning.ts';
import {type ChildCheck, type ImageCheck, type Unchecked, verdictOf} from '../../domain/image/verdict.ts';

/** What a pull needs, as the manifest above describes it: the same in every image that shares the manifest. Bytes. */
export type PartDescriptor = {
	role: 'manifest' | 'config' | 'layer';
	digest: Digest;
	size: number;
	mediaType?: string;
	platform?: string;
	/** Of a config that is read: how many layers its manifest has. */
	layers?: number;
	/** Of a layer: clients unpack it. */
	unpacks?: true;
	/** It has addresses elsewhere, and need not be here. */
	mayBeElsewhere?: true;
};

/** A descriptor, and the path to it in one image. */
export type Part = {
	descriptor: PartDescriptor;
	/** The manifests above it, outermost first. */
	via: Digest[];
	/** The platform of the child that it belongs to. */
	platform?: string;
	/** Its platform is not meant to be there: its absence is no fault, its damage is. */
	mayBeAbsent?: true;
};

/** A part, and what the registry's answer says of it. */
export type CheckedPart = {
	part: Part;
	status?: number;
	fault?: Fault;
	/** What is wrong with the parts below, as their manifest describes them. */
	flaws?: Fault[];
	unchecked?: Unchecked;
	warnings?: readonly Warning[];
	/** With a fault: the registry fails on the part each time, which means this where it fails on others as well. */
	failure?: Reason;
	/** Absent, which is no fault: a cache has not fetched it yet, or its platform is not meant to be there. */
	isUncached?: true;
	/** Absent, and said to live elsewhere. */
	isElsewhere?: true;
	/** The registry only serves it whole: its size was checked, and its last byte was not read. */
	isSizeOnly?: true;
	/** An index that references nothing. */
	isEmptyIndex?: true;
	/** The parts that it references. */
	below: Part[];
};

/** Parts of an image by `keyOf`. */
type CheckedParts = ReadonlyMap<string, CheckedPart>;

/** A part is checked once an image, however many manifests share it. Two sizes are two parts: one of them is wrong. */
export function keyOf({descriptor: {role, digest, size, layers}}: Part): string {
	return `${role === 'manifest' ? 'm' : 'b'} ${digest} ${size}${layers === undefined ? '' : ` ${layers}`}`;
}

type Above = {
	via: Digest[];
	/** The manifest that references them. */
	parent: Part;
	/** The platforms that are meant to be there; absent: all. */
	meant?: readonly string[];
};

export function partsOf(descriptors: readonly PartDescriptor[], {via, parent, meant}: Above): Part[] {
	// Of most registries everything is meant to be there, and a walk makes many parts.
	const isOptional =
		meant === undefined
			? undefined
			: mayBeAbsent(
					descriptors.map(({platform}) => platform),
					meant,
				);
	return descriptors.map(descriptor => ({
		descriptor,
		via,
		...defined({platform: descriptor.platform ?? parent.platform}),
		...((parent.mayBeAbsent || isOptional?.(descriptor.platform)) && {mayBeAbsent: true as const}),
	}));
}

/** The platforms of which something is absent on purpose. */
export function notMeantIn(parts: readonly CheckedPart[]): string[] {
	const absent = parts.filter(({part, isUncached}) => isUncached && part.mayBeAbsent);
	const names = new Set(absent.flatMap(({part}) => part.platform ?? []));
	// Its row shows it; nobody runs an attestation.
	names.delete('attestation');
	return [...names];
}

/** What all parts of an image amount to. */
export function outcomeOf(
	all: readonly CheckedPart[],
): Pick<ImageCheck, 'verdict' | 'checked' | 'faults' | 'unchecked' | 'warnings'> {
	const faults = all.flatMap(({fault, flaws = []}) => [...(fault === undefined ? [] : [fault]), ...flaws]);
	const warnings = all.flatMap(entry => entry.warnings ?? []);
	const unchecked = all.flatMap(entry => entry.unchecked ?? []);
	const answered = all.filter(entry => entry.unchecked === undefined && !entry.isElsewhere);
	const manifests = answered.filter(({part}) => part.descriptor.role === 'manifest').length;
	const sizeOnly = all.filter(({isSizeOnly}) => isSizeOnly).length;
	return {
		verdict: verdictOf(faults, unchecked),
		checked: {manifests, blobs: answered.length - manifests, ...(sizeOnly > 0 && {sizeOnly})},
		faults,
		unchecked,
		...(warnings.length > 0 && {warnings}),
	};
}

/** One row for a child and everything below it, including what it shares with other children. */
export function childCheck(child: Part, checked: CheckedParts): ChildCheck {
	const below = reachedFrom(child, checked);
	const {faults, unchecked, verdict} = outcomeOf(below);
	const blobs = below.filter(({part, isUncached}) => part.descriptor.role !== 'manifest' && !isUncached).length;
	const {platform, descriptor, mayBeAbsent: isOptional} = child;
	const {status, isUncached} = checked.get(keyOf(child)) ?? {};
	const troubles = [...faults.map(({detail}) => detail), ...unchecked.map(({message}) => message)];

	return {
		digest: descriptor.digest,
		...defined({platform}),
		verdict,
		...defined({status}),
		blobs,
		...(isUncached && {absent: true as const}),
		detail:
			summaryOf(troubles) ??
			(isUncached
				? isOptional
					? 'not here, and not meant to be'
					: 'not in the cache'
				: blobs === 1
					? '1 blob'
					: `${blobs} blobs`),
	};
}

function reachedFrom(child: Part, checked: CheckedParts): CheckedPart[] {
	const reached = new Map<string, CheckedPart>();
	const waiting = [child];

	for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
		const key = keyOf(part);
		const entry = checked.get(key);

		if (entry !== undefined && !reached.has(key)) {
			reached.set(key, entry);
			waiting.push(...entry.below);
		}
	}

	return [...reached.values()];
}

function summaryOf([first, ...more]: string[]): string | undefined {
	return first === undefined || more.length === 0 ? first : `${first}, and ${more.length} more`;
}
