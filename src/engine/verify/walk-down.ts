import type {Digest} from '../../domain/image/digest.ts';
import {formatReference, type ImageReference} from '../../domain/image/reference.ts';
import {type Depth, type ImageCheck, verdictOf} from '../../domain/image/verdict.ts';
import type {Waiting} from '../ports/waiting.ts';
import type {Knowledge} from './asking/knowledge.ts';
import {explore} from './explore.ts';
import {createLook} from './look.ts';
import {type Looked, type Part, partsOf} from './needs.ts';
import {placeManifest, withoutEmptyBranches} from './place.ts';
import {chooser, expectPlatform, platformAbsent, reached} from './platform.ts';
import {tellProgress, type WalkProgress} from './progress.ts';
import type {FoundFact} from './read-manifest.ts';
import {rowOf} from './rows.ts';

export type Descent = Waiting & {
	depth: Depth;
	isCache: boolean;
	platform?: string;
	onProgress?: (progress: WalkProgress) => void;
};

/** What the reference names, once it answered. */
export type Top = {digest: Digest; fact: FoundFact};

/** A tag with which registries without a referrers list keep one. It may have become empty. @see OCI distribution-spec, "Referrers Tag Schema" */
const referrersTag = /^sha(?:256|512)-[0-9a-f]{32,128}$/;

/**
 * Walks everything below the top, level by level, through what is already known.
 * @throws OperatorError image.platform-absent
 */
export async function walkDown(
	knowledge: Knowledge,
	reference: ImageReference,
	{digest, fact}: Top,
	{depth, signal, platform, isCache, onProgress}: Descent,
): Promise<ImageCheck> {
	const chosen = chooser(platform);
	const named: Part[] = [];
	const choose = (parts: Part[]) => {
		named.push(...parts);
		return chosen(parts);
	};
	const top: Part = {need: {role: 'manifest', digest, size: sizeOf(fact)}, via: []};
	const isIndex = fact.state === 'read' && fact.kind === 'index';

	if (platform !== undefined && isIndex) {
		const children = partsOf(fact.needs, [], undefined);
		expectPlatform(platform, children, chosen(children));
	}

	const placing = {isCache, choose: platform === undefined ? (parts: Part[]) => parts : choose};
	const isReferrers = isIndex && fact.namesNothing && referrersTag.test(reference.tag ?? '');
	const start = placeManifest(top, isReferrers ? {...fact, namesNothing: false} : fact, placing);
	const told = onProgress && tellProgress(onProgress, depth === 'content');
	const onBytes = depth === 'content' ? told?.received : undefined;
	const look = createLook(knowledge, {signal, ...placing, ...(onBytes === undefined ? {} : {onBytes})});
	const looked = withoutEmptyBranches(await explore(start, look, told));
	const parts = [...looked.values()];

	if (platform !== undefined && isIndex && parts.every(isWell) && !reached(platform, named)) {
		throw platformAbsent(platform, named);
	}

	const rows = isIndex && start.fault === undefined ? start.parts : [top];

	return {
		reference: formatReference(reference),
		digest,
		mediaType: fact.mediaType,
		...tally(parts),
		children: rows.map(row => rowOf(row, looked)),
	};
}

function sizeOf(fact: Top['fact']): number {
	return fact.state === 'foreign-form' ? 0 : (fact.size ?? 0);
}

function isWell({fault, unchecked}: Looked): boolean {
	return fault === undefined && unchecked === undefined;
}

function tally(all: readonly Looked[]): Pick<ImageCheck, 'verdict' | 'checked' | 'faults' | 'unchecked'> {
	const faults = all.flatMap(({fault}) => fault ?? []);
	const unchecked = all.flatMap(entry => entry.unchecked ?? []);
	const answered = all.filter(entry => entry.unchecked === undefined);
	const manifests = answered.filter(({part}) => part.need.role === 'manifest').length;
	return {
		verdict: verdictOf(faults, unchecked),
		checked: {manifests, blobs: answered.length - manifests},
		faults,
		unchecked,
	};
}
