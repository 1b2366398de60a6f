import {type Digest, shortDigest} from '../image/digest.ts';
import {isRepositoryName, isTag} from '../image/reference.ts';
import type {Finding} from '../storage/findings/finding.ts';
import type {RelinkPart, RelinkPlan} from '../storage/walk/relink-plan.ts';
import {byteSize, count} from '../text/wording.ts';

type BlobRole = 'config' | 'layer';

/**
 * One change that puts one link back, of a blob, a manifest or a tag. `size`: bytes. `sources`: those that hold the bytes, which the
 * disk has lost, in the order in which they are asked; absent: they are on the disk.
 */
export type RelinkStep = {repository: string; digest: Digest; sources?: string[]} & (
	| {kind: 'mount-blob'; role: BlobRole; from: string; size: number}
	| {kind: 'upload-blob'; role: BlobRole; size: number}
	| {kind: 'put-manifest'}
	/** `vanished`: the tag is gone with its repository, so nothing is in its place. */
	| {kind: 'restore-tag'; tag: string; vanished?: true}
);

/** Whether everything this finding needs is there to be linked again. */
export function canRelink(finding: Finding): boolean {
	return relinkSteps([finding]).length > 0;
}

/**
 * What brings back the links of one repository, each once: blobs, then manifests, nested ones first, then tags.
 * A finding whose plan is not complete has no part in it, and neither has what is linked already.
 */
export function relinkSteps(findings: readonly Finding[]): RelinkStep[] {
	const steps = new Map<string, RelinkStep>();
	const add = (step: RelinkStep) => {
		const key = step.kind === 'restore-tag' ? `tag ${step.tag}` : `${step.kind === 'put-manifest'} ${step.digest}`;
		if (!steps.has(key)) {
			steps.set(key, step);
		}
	};

	for (const {kind, repository, remedy, plan, aside = []} of findings) {
		// The registry answers 500 to a PUT onto a folder.
		const canStore = remedy === 'relink' && aside.length === 0;
		for (const step of canStore && plan?.complete ? stepsOf(repository, plan, kind === 'repository-vanished') : []) {
			add(step);
		}
	}

	// A plan names what lies below a part before the part, so the order of the manifests is right already.
	const rank = ({kind}: RelinkStep) => (kind === 'restore-tag' ? 2 : kind === 'put-manifest' ? 1 : 0);
	return [...steps.values()].sort((a, b) => rank(a) - rank(b));
}

function stepsOf(repository: string, {parts, retag = []}: RelinkPlan, vanished: boolean): RelinkStep[] {
	const target = parts.findLast(({role}) => role === 'manifest')?.digest;
	return [
		...parts.flatMap(part => stepOf(repository, part) ?? []),
		// What the tags name is what everything else of the plan lies below. A folder on the disk may be called anything.
		...retag
			.filter(tag => target !== undefined && isTag(tag))
			.map(tag => ({
				kind: 'restore-tag' as const,
				repository,
				tag,
				digest: target!,
				...(vanished && {vanished: true as const}),
			})),
	];
}

function stepOf(repository: string, {digest, role, where, from, size = 0}: RelinkPart): RelinkStep | undefined {
	if (role === 'manifest') {
		return where === 'disk' ? {kind: 'put-manifest', repository, digest} : undefined;
	}

	if (where === 'elsewhere' && from !== undefined && isRepositoryName(from)) {
		return {kind: 'mount-blob', repository, digest, role, from, size};
	}

	return where === 'linked' ? undefined : {kind: 'upload-blob', repository, digest, role, size};
}

/** `2 manifests, 1 config and 1 tag` */
export function relinkCounts(steps: readonly RelinkStep[]): string {
	const number = (noun: string) => steps.filter(step => nounOf(step) === noun).length;
	const parts = ['manifest', 'config', 'layer', 'tag']
		.filter(noun => number(noun) > 0)
		.map(noun => count(number(noun), noun));
	return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/** The sentence for a step that was carried out. */
export function relinkDone(step: RelinkStep): string {
	switch (step.kind) {
		case 'mount-blob':
			return `${shortDigest(step.digest)} was mounted from ${step.from}.`;
		case 'upload-blob':
			return `${shortDigest(step.digest)} was uploaded from ${sayOrigin(step)}.`;
		case 'put-manifest':
			return step.sources === undefined
				? `${shortDigest(step.digest)} is linked again.`
				: `${shortDigest(step.digest)} was stored from ${sayOrigin(step)}.`;
		case 'restore-tag':
			return `${step.repository}:${step.tag} names ${shortDigest(step.digest)} again.`;
	}
}

/** Where the bytes come from: `the disk`, `mirror or offsite`. */
export function sayOrigin({sources}: Pick<RelinkStep, 'sources'>): string {
	return sources?.join(' or ') ?? 'the disk';
}

/** How the relink is undone. */
export function relinkUndo(steps: readonly RelinkStep[]): string {
	return steps.every(({kind}) => kind === 'restore-tag')
		? 'None is needed: the tag named no manifest before.'
		: 'DELETE the same digests. That restores the broken state.';
}

export function uploadedBytes(steps: readonly RelinkStep[]): number {
	return steps.reduce((sum, step) => sum + (step.kind === 'upload-blob' ? step.size : 0), 0);
}

/** What the steps do, in one line: `uploads 2.0 MB from the disk`. */
export function relinkChanges(steps: readonly RelinkStep[]): string {
	const bytes = uploadedBytes(steps);
	const has = (kind: RelinkStep['kind']) => steps.some(step => step.kind === kind);
	const changes = [
		...(has('mount-blob') ? ['mounts blobs that other repositories have'] : []),
		...(bytes > 0 || has('upload-blob') ? [`uploads ${byteSize(bytes)} from the disk`] : []),
		...(has('put-manifest') || steps.length === 0 ? ['PUTs the exact bytes from the disk under the same digest'] : []),
		...(has('restore-tag') ? ['PUTs the exact bytes under the tag again'] : []),
	];
	return changes.join('; ');
}

function nounOf(step: RelinkStep): string {
	return step.kind === 'restore-tag' ? 'tag' : step.kind === 'put-manifest' ? 'manifest' : step.role;
}
