import {defined} from '../../domain/defined.ts';
import type {Reason} from '../../domain/error-codes.ts';
import {asOperatorError} from '../../domain/errors.ts';
import type {Fault, FaultKind} from '../../domain/image/fault.ts';
import {type ConfigFact, judgeConfig} from '../../domain/image/pullable/judge-config.ts';
import {type Flaw, typeFlaw} from '../../domain/image/pullable/judge-manifest.ts';
import type {Warning} from '../../domain/image/pullable/warning.ts';
import type {Unchecked} from '../../domain/image/verdict.ts';
import {byteSize} from '../../domain/text/wording.ts';
import type {BlobAnswer, UnservedAnswer} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';
import {type AnswerCache, largestConfig} from './answer-cache.ts';
import {type CheckedPart, type Part, partsOf} from './parts.ts';
import type {PlatformFilter} from './platform.ts';
import type {ManifestFact} from './read-manifest.ts';

/** A deeper nesting of indexes is an attack: nobody builds more than three levels. */
const deepestNesting = 16;

/** The same answer means different things in different walks. */
type WalkRules = {
	/** A cache may lack children and blobs. */
	isCache: boolean;
	/** The platforms that are meant to be there; absent: all. */
	meant?: readonly string[];
	platform?: PlatformFilter;
	/** Whether configs are read whole. */
	readsConfigs: boolean;
};

/**
 * Checks single parts of an image. Whatever keeps the registry from answering leaves the part unchecked.
 * @param options `onBytes` is told of bytes as they arrive, where blobs are read whole
 */
export function createPartCheck(
	cache: AnswerCache,
	{signal, onBytes, ...rules}: Waiting & WalkRules & {onBytes?: (part: Part, count: number) => void},
): (part: Part) => Promise<CheckedPart> {
	async function ask(part: Part): Promise<CheckedPart> {
		const {descriptor, via} = part;

		if (descriptor.role !== 'manifest') {
			const answer = cache.blob(descriptor, onBytes && (count => onBytes(part, count)));
			return checkBlob(part, await answer, {...rules, config: () => cache.config(descriptor.digest)});
		}

		if (via.length > deepestNesting) {
			return faulty(part, 'manifest-unreadable', `it is nested more than ${deepestNesting} indexes deep`);
		}

		return checkManifest(part, await cache.manifest(descriptor.digest), rules);
	}

	return async part => {
		signal.throwIfAborted();

		try {
			return await ask(part);
		} catch (error) {
			signal.throwIfAborted();
			return {part, unchecked: uncheckedOf(part, asOperatorError(error)), below: []};
		}
	};
}

/** What is known of a manifest means this for the part that it is; and these parts are below it. */
export function checkManifest(part: Part, fact: ManifestFact, {isCache, meant, platform}: WalkRules): CheckedPart {
	if (fact.state === 'missing') {
		return isCache || part.mayBeAbsent
			? uncached(part, fact.status)
			: faulty(part, 'child-missing', fact.detail, fact.status);
	}

	if (fact.state === 'unreadable') {
		return faulty(part, 'manifest-unreadable', fact.detail, fact.status);
	}

	if (fact.state === 'unserved') {
		return unserved(part, fact);
	}

	const status = 200;

	if (fact.state === 'unsupported') {
		return {part, status, unchecked: uncheckedOf(part, fact), below: []};
	}

	if (fact.state === 'damaged') {
		return faulty(part, 'manifest-unreadable', fact.detail, status);
	}

	if (fact.isEmpty) {
		const reason: Reason = {
			code: 'manifest.names-nothing',
			message: `This ${fact.kind === 'index' ? 'index' : 'manifest'} references nothing pullable.`,
			hint: 'If it should be an image, push it again.',
		};
		const empty = fact.kind === 'index' ? {isEmptyIndex: true as const} : {};
		return {part, status, unchecked: uncheckedOf(part, reason), ...empty, below: []};
	}

	const via = [...part.via, part.descriptor.digest];
	const all = partsOf(fact.descriptors, {via, parent: part, ...defined({meant})});
	const below = platform === undefined ? all : platform.choose(all);

	if (below.some(({descriptor}) => descriptor.role === 'manifest' && via.includes(descriptor.digest))) {
		return faulty(part, 'manifest-unreadable', 'it contains itself', status);
	}

	const {flaws = [], warnings = []} = fact.judgement ?? {};
	const judged = {
		below,
		...(warnings.length > 0 && {warnings}),
		...(flaws.length > 0 && {
			flaws: flaws.map(flaw => flawOf(flaw, below, {via, ...defined({platform: part.platform})})),
		}),
	};
	if (fact.size !== part.descriptor.size) {
		const detail = `it is whole and has ${fact.size} bytes, its index says ${part.descriptor.size}`;
		return {...faulty(part, 'size-wrong', detail, status), ...judged};
	}

	const differing = part.via.length === 0 ? undefined : typeFlaw(part.descriptor.mediaType, fact.mediaType);
	return differing === undefined
		? {part, status, ...judged}
		: {...faulty(part, 'type-mismatch', differing, status), ...judged};
}

/** What the manifest says of one of its parts. A platform that was not asked for is not judged either. */
function flawOf({kind, digest, detail}: Flaw, below: readonly Part[], above: Pick<Fault, 'via' | 'platform'>): Fault {
	const platform = below.find(({descriptor}) => descriptor.digest === digest)?.platform ?? above.platform;
	return {kind, digest, via: above.via, ...defined({platform}), detail};
}

const missingKinds = {config: 'config-missing', layer: 'layer-missing', manifest: 'child-missing'} as const;

const blobFaults: Record<Exclude<BlobAnswer['state'], 'present' | 'missing' | 'unserved'>, FaultKind> = {
	empty: 'blob-empty',
	truncated: 'blob-truncated',
	corrupt: 'blob-corrupt',
	missized: 'size-wrong',
	unreadable: 'link-malformed',
};

type BlobRules = WalkRules & {config(): ConfigFact | undefined};

function checkBlob(part: Part, answer: BlobAnswer, {isCache, readsConfigs, config}: BlobRules): CheckedPart {
	const {state, status} = answer;

	if (state === 'present') {
		const present: CheckedPart = {part, status, ...(answer.sizeOnly && {isSizeOnly: true}), below: []};
		return part.descriptor.layers === undefined || !readsConfigs ? present : withConfig(present, config());
	}

	if (state === 'missing' && part.descriptor.mayBeElsewhere) {
		return {...uncached(part, status), isElsewhere: true, warnings: [elsewhere(part)]};
	}

	if (state === 'missing' && (isCache || part.mayBeAbsent)) {
		return uncached(part, status);
	}

	if (state === 'unserved') {
		return unserved(part, answer);
	}

	const kind = state === 'missing' ? missingKinds[part.descriptor.role] : blobFaults[state];
	return faulty(part, kind, answer.detail, status);
}

function elsewhere({descriptor: {digest}}: Part): Warning {
	const detail = 'it lives elsewhere (urls), and was not looked at';
	return {kind: 'layer-elsewhere', digest, clients: ['clients that cannot reach its addresses'], detail};
}

/** What its config means for the image that it belongs to. */
function withConfig(present: CheckedPart, fact: ConfigFact | undefined): CheckedPart {
	const {part, status} = present;
	if (fact === undefined && part.descriptor.size <= largestConfig) {
		return present;
	}

	if (fact === undefined) {
		const reason: Reason = {
			code: 'image.config-unread',
			message: `The config of the image has ${byteSize(part.descriptor.size)}, and was not read.`,
			hint: 'No builder writes so large a config. Look into it: crane config IMAGE.',
		};
		return {...present, unchecked: uncheckedOf(part, reason)};
	}

	if (fact.state === 'ambiguous') {
		const reason: Reason = {
			code: 'manifest.ambiguous',
			message: `Clients may read another config than this one: ${fact.reason}.`,
			hint: 'Push the image again with a tool that writes each key once.',
		};
		return {...present, unchecked: uncheckedOf(part, reason)};
	}

	const {digest, layers = 0} = part.descriptor;
	const {flaw, warnings} = judgeConfig(digest, fact, {layers, platform: part.platform});
	return {
		...(flaw === undefined ? present : faulty(part, flaw.kind, flaw.detail, status)),
		...(warnings.length > 0 && {warnings}),
	};
}

/** An empty index beside pullable parts is harmless. As the whole image, it cannot be pulled. */
export function withoutEmptyBranches(checked: Map<string, CheckedPart>): Map<string, CheckedPart> {
	const hasBlobs = [...checked.values()].some(
		({part, fault}) => part.descriptor.role !== 'manifest' && fault === undefined,
	);
	if (hasBlobs) {
		for (const [key, {unchecked, ...entry}] of checked) {
			if (unchecked !== undefined && entry.isEmptyIndex && entry.part.via.length > 0) {
				checked.set(key, entry);
			}
		}
	}

	return checked;
}

function uncached(part: Part, status: number): CheckedPart {
	return {part, status, isUncached: true, below: []};
}

function unserved(part: Part, {detail, status, failure}: UnservedAnswer): CheckedPart {
	return {...faulty(part, 'part-unserved', detail, status), failure};
}

function faulty(part: Part, kind: FaultKind, detail: string, status?: number): CheckedPart {
	const {descriptor, via, platform} = part;
	const fault: Fault = {
		kind,
		digest: descriptor.digest,
		via,
		...defined({platform, status}),
		detail,
	};
	return {part, ...defined({status}), fault, below: []};
}

export function uncheckedOf({descriptor, via, platform}: Part, {code, message, hint}: Reason): Unchecked {
	return {digest: descriptor.digest, via, ...defined({platform}), code, message, hint};
}
