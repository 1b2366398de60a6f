import {defined} from '../../domain/defined.ts';
import type {Digest} from '../../domain/image/digest.ts';
import {formatReference, type ImageReference} from '../../domain/image/reference.ts';
import {type Depth, type ImageCheck, type Unchecked, verdictOf} from '../../domain/image/verdict.ts';
import type {Waiting} from '../ports/waiting.ts';
import type {AnswerCache} from './answer-cache.ts';
import {checkManifest, createPartCheck, withoutEmptyBranches} from './check-part.ts';
import {type CheckedPart, childCheck, keyOf, notMeantIn, outcomeOf, type Part} from './parts.ts';
import {checkPlatforms, createPlatformFilter, type WantedPlatforms} from './platform.ts';
import type {FoundFact} from './read-manifest.ts';
import {withSecondOpinion} from './second-opinion.ts';
import {weighUnserved} from './unserved.ts';
import {weighUnpacked} from './weigh-unpacked.ts';

type WalkPartsOptions = Waiting &
	WantedPlatforms & {
		depth: Depth;
		isCache: boolean;
		/** The platforms that are meant to be there; absent: all. */
		meant?: readonly string[];
		onProgress?: (progress: WalkProgress) => void;
	};

/** The manifest that the reference resolved to. */
type TopManifest = {digest: Digest; fact: FoundFact};

/** The tag under which registries without a referrers list keep one; the list may be empty. @see OCI distribution-spec, "Referrers Tag Schema" */
const referrersTag = /^sha(?:256|512)-[0-9a-f]{32,128}$/;

/** Checks everything below the top manifest, level by level. */
export async function walkParts(
	cache: AnswerCache,
	reference: ImageReference,
	{digest, fact}: TopManifest,
	{depth, signal, platform, require, isCache, meant, onProgress}: WalkPartsOptions,
): Promise<ImageCheck> {
	const isIndex = fact.state === 'read' && fact.kind === 'index';
	const filter = platform === undefined ? undefined : createPlatformFilter(platform);
	const size = fact.state === 'read' ? fact.size : 0;
	const top: Part = {descriptor: {role: 'manifest', digest, size}, via: []};

	const rules = {isCache, readsConfigs: depth !== 'head', ...defined({platform: filter, meant})};
	const isReferrersList = isIndex && fact.isEmpty && referrersTag.test(reference.tag ?? '');
	const start = checkManifest(top, isReferrersList ? {...fact, isEmpty: false} : fact, rules);
	const readsAll = depth === 'content' || depth === 'unpack';
	const observer = onProgress && countProgress(onProgress, readsAll);
	const onBytes = readsAll ? observer?.received : undefined;
	const check = createPartCheck(cache, {signal, ...rules, ...defined({onBytes})});
	const found = weighUnserved(withoutEmptyBranches(await checkByLevel(start, check, observer)));
	const weighed = depth === 'unpack' ? weighUnpacked(found, cache) : found;
	// A cache would fetch what it is asked for.
	const {checked, unasked} = isCache
		? {checked: weighed}
		: await withSecondOpinion(cache, weighed, {host: reference.host, signal});
	const parts = [...checked.values()];

	const others = filter?.seen() ?? [];
	const wanted = {...defined({platform, require})};
	const platforms = await checkPlatforms(wanted, {top, parts, cache, signal, others});
	const outcome = outcomeOf(parts);
	const faults = [...outcome.faults, ...platforms.faults];
	const unchecked: Unchecked[] = [
		...outcome.unchecked,
		...platforms.unchecked,
		...(unasked === undefined ? [] : [{via: [], ...unasked}]),
	];

	const notMeant = notMeantIn(parts);

	const rows = isIndex && start.fault === undefined ? start.below : [top];

	return {
		reference: formatReference(reference),
		digest,
		mediaType: fact.mediaType,
		...outcome,
		verdict: verdictOf(faults, unchecked),
		faults,
		unchecked,
		...(notMeant.length > 0 && {notMeant}),
		children: rows.map(row => childCheck(row, checked)),
	};
}

/** Level by level, so that the order of the faults does not depend on which response is faster. */
async function checkByLevel(
	top: CheckedPart,
	check: (part: Part) => Promise<CheckedPart>,
	observer: WalkObserver | undefined,
): Promise<Map<string, CheckedPart>> {
	const checked = new Map([[keyOf(top.part), top]]);
	observer?.checked(top);

	for (let level = unseen(top.below, checked); level.size > 0; ) {
		observer?.found([...level.values()]);

		const entries = await Promise.all(
			Array.from(level, async ([key, part]): Promise<[string, CheckedPart]> => {
				const entry = await check(part);
				observer?.checked(entry);
				return [key, entry];
			}),
		);

		for (const [key, entry] of entries) {
			checked.set(key, entry);
		}

		level = unseen(
			entries.flatMap(([, {below}]) => below),
			checked,
		);
	}

	return checked;
}

/** Each part once, by the first path to it; by a path that needs it before one that does not. */
function unseen(parts: readonly Part[], checked: ReadonlyMap<string, CheckedPart>): Map<string, Part> {
	const first = new Map<string, Part>();

	for (const part of parts) {
		const key = keyOf(part);
		const known = checked.get(key);
		const before = first.get(key);
		const isNeededNow = part.mayBeAbsent === undefined;
		const isNew = known === undefined || (isNeededNow && known.isUncached && known.part.mayBeAbsent);
		if (isNew && (before === undefined || (isNeededNow && before.mayBeAbsent))) {
			first.set(key, part);
		}
	}

	return first;
}

export type WalkProgress = {
	manifests: number;
	blobs: number;
	/** Parts that are known and not checked yet. */
	waiting: number;
	faults: number;
	/** Of the blobs known so far, where they are read whole. */
	bytes?: {done: number; total: number};
};

/** Follows one walk. */
type WalkObserver = {
	/** The parts of the next level. */
	found(parts: readonly Part[]): void;
	/** More bytes of a blob have arrived. */
	received(part: Part, count: number): void;
	checked(entry: CheckedPart): void;
};

/** Adds up the progress of one walk. Bytes of a part that is requested twice count once. */
function countProgress(onProgress: (progress: WalkProgress) => void, countsBytes: boolean): WalkObserver {
	const sum = {manifests: 0, blobs: 0, waiting: 0, faults: 0};
	const bytes = {done: 0, total: 0};
	const received = new Map<Part, number>();
	const report = () => onProgress({...sum, ...(countsBytes ? {bytes: {...bytes}} : {})});

	function count(part: Part, upTo: number): void {
		const until = Math.min(part.descriptor.size, upTo);
		bytes.done += Math.max(0, until - (received.get(part) ?? 0));
		received.set(part, Math.max(until, received.get(part) ?? 0));
	}

	return {
		found(parts) {
			sum.waiting = parts.length;
			for (const {descriptor} of parts) {
				bytes.total += descriptor.role === 'manifest' ? 0 : descriptor.size;
			}

			report();
		},
		received(part, more) {
			count(part, (received.get(part) ?? 0) + more);
			report();
		},
		checked({part, fault}) {
			if (part.descriptor.role === 'manifest') {
				sum.manifests++;
			} else {
				sum.blobs++;
				count(part, part.descriptor.size);
				received.delete(part);
			}

			sum.waiting = Math.max(0, sum.waiting - 1);
			sum.faults += fault ? 1 : 0;
			report();
		},
	};
}
