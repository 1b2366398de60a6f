import type {Digest} from '../image/digest.ts';
import {isRepositoryName} from '../image/reference.ts';
import type {Finding} from '../storage/findings/finding.ts';
import type {RelinkPart, RelinkPlan} from '../storage/walk/relink-plan.ts';

type BlobRole = 'config' | 'layer';

/** One change that puts one link back, of a blob, a manifest or a tag. Sizes are bytes on the disk. */
export type RelinkStep =
	| {do: 'mount'; digest: Digest; role: BlobRole; from: string; size: number}
	| {do: 'upload'; digest: Digest; role: BlobRole; size: number}
	| {do: 'manifest'; digest: Digest}
	| {do: 'retag'; tag: string; digest: Digest};

/** A folder on the disk may be called anything. */
const tagName = /^\w[\w.-]{0,127}$/;

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
		const key = step.do === 'retag' ? `tag ${step.tag}` : `${step.do === 'manifest'} ${step.digest}`;
		if (!steps.has(key)) {
			steps.set(key, step);
		}
	};

	for (const {remedy, plan} of findings) {
		for (const step of remedy === 'relink' && plan?.complete ? stepsOf(plan) : []) {
			add(step);
		}
	}

	// A plan names what lies below a part before the part, so the order of the manifests is right already.
	const rank = ({do: what}: RelinkStep) => (what === 'retag' ? 2 : what === 'manifest' ? 1 : 0);
	return [...steps.values()].sort((a, b) => rank(a) - rank(b));
}

function stepsOf({parts, retag = []}: RelinkPlan): RelinkStep[] {
	const target = parts.findLast(({role}) => role === 'manifest')?.digest;
	return [
		...parts.flatMap(part => stepOf(part) ?? []),
		// What the tags name is what everything else of the plan lies below.
		...retag
			.filter(tag => target !== undefined && tagName.test(tag))
			.map(tag => ({do: 'retag' as const, tag, digest: target!})),
	];
}

function stepOf({digest, role, where, from, size = 0}: RelinkPart): RelinkStep | undefined {
	if (role === 'manifest') {
		return where === 'disk' ? {do: 'manifest', digest} : undefined;
	}

	if (where === 'elsewhere' && from !== undefined && isRepositoryName(from)) {
		return {do: 'mount', digest, role, from, size};
	}

	return where === 'linked' ? undefined : {do: 'upload', digest, role, size};
}
