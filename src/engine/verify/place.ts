import type {Fault, FaultKind} from '../../domain/image/fault.ts';
import type {Unchecked} from '../../domain/image/verdict.ts';
import type {BlobAnswer} from '../ports/registry.ts';
import {type Looked, type Part, partsOf} from './needs.ts';
import type {ManifestFact} from './read-manifest.ts';

/** What a fact means depends on where it stands. */
export type Placing = {
	/** A cache may lack children and blobs. */
	isCache: boolean;
	/** Of one platform, only its own. */
	choose: (parts: Part[]) => Part[];
};

const blobFaults: Record<Exclude<BlobAnswer['state'], 'present' | 'missing'>, FaultKind> = {
	empty: 'blob-empty',
	truncated: 'blob-truncated',
	corrupt: 'blob-corrupt',
	unreadable: 'link-malformed',
};

/** What a manifest's state means for the part that names it, and what it asks for next. */
export function placeManifest(part: Part, fact: ManifestFact, {isCache, choose}: Placing): Looked {
	if (fact.state === 'missing') {
		return isCache ? uncached(part, fact.status) : faulty(part, 'child-missing', fact.detail, fact.status);
	}

	if (fact.state === 'unreadable') {
		return faulty(part, 'manifest-unreadable', fact.detail, fact.status);
	}

	const status = 200;

	if (fact.state === 'foreign-form') {
		return {part, status, unchecked: uncheckedOf(part, fact), parts: []};
	}

	if (fact.size !== undefined && fact.size !== part.need.size) {
		const detail = `it has ${fact.size} bytes, its index says ${part.need.size}`;
		return faulty(part, 'manifest-unreadable', detail, status);
	}

	if (fact.state === 'damaged') {
		return faulty(part, 'manifest-unreadable', fact.detail, status);
	}

	if (fact.namesNothing) {
		const error: Pick<Unchecked, 'code' | 'message' | 'hint'> = {
			code: 'manifest.names-nothing',
			message: `This ${fact.kind === 'index' ? 'index' : 'manifest'} names nothing that could be pulled.`,
			hint: 'If an image should be there, push it again.',
		};
		const empty = fact.kind === 'index' ? {isEmptyIndex: true as const} : {};
		return {part, status, unchecked: uncheckedOf(part, error), ...empty, parts: []};
	}

	const via = [...part.via, part.need.digest];
	const parts = choose(partsOf(fact.needs, via, part.platform));

	if (parts.some(({need}) => need.role === 'manifest' && via.includes(need.digest))) {
		return faulty(part, 'manifest-unreadable', 'it contains itself', status);
	}

	return {part, status, parts};
}

export function placeBlob(part: Part, answer: BlobAnswer, {isCache}: Placing): Looked {
	const {state, status} = answer;

	if (state === 'present') {
		return {part, status, parts: []};
	}

	if (state === 'missing') {
		return isCache
			? uncached(part, status)
			: faulty(part, `${part.need.role}-missing` as FaultKind, answer.detail, status);
	}

	return faulty(part, blobFaults[state], answer.detail, status);
}

/** An empty index beside something that can be pulled takes nothing away from it; as the whole image, nobody can pull it. */
export function withoutEmptyBranches(looked: Map<string, Looked>): Map<string, Looked> {
	const hasBlobs = [...looked.values()].some(({part, fault}) => part.need.role !== 'manifest' && fault === undefined);
	if (hasBlobs) {
		for (const [key, {unchecked, ...entry}] of looked) {
			if (unchecked !== undefined && entry.isEmptyIndex && entry.part.via.length > 0) {
				looked.set(key, entry);
			}
		}
	}

	return looked;
}

function uncached(part: Part, status: number): Looked {
	return {part, status, isUncached: true, parts: []};
}

export function faulty(part: Part, kind: FaultKind, detail: string, status?: number): Looked {
	const {need, via, platform} = part;
	const fault: Fault = {
		kind,
		digest: need.digest,
		via,
		...(platform === undefined ? {} : {platform}),
		...(status === undefined ? {} : {status}),
		detail,
	};
	return {part, ...(status === undefined ? {} : {status}), fault, parts: []};
}

export function uncheckedOf(
	{need, via, platform}: Part,
	{code, message, hint}: Pick<Unchecked, 'code' | 'message' | 'hint'>,
): Unchecked {
	return {digest: need.digest, via, ...(platform === undefined ? {} : {platform}), code, message, hint};
}
