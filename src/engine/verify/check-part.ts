import {defined} from '../../domain/defined.ts';
import type {Reason} from '../../domain/error-codes.ts';
import {asOperatorError} from '../../domain/errors.ts';
import type {Fault} from '../../domain/image/fault.ts';
import {type Flaw, typeFlaw} from '../../domain/image/pullable/judge-manifest.ts';
import type {Waiting} from '../ports/waiting.ts';
import type {AnswerCache} from './answer-cache.ts';
import {checkBlob} from './check-blob.ts';
import {faulty, uncached, uncheckedOf, unserved, type WalkRules} from './faults.ts';
import {type CheckedPart, type Part, partsOf} from './parts.ts';
import type {ManifestFact} from './read-manifest.ts';

/** A deeper nesting of indexes is an attack: nobody builds more than three levels. */
const deepestNesting = 16;

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
