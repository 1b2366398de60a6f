import {shortDigest} from '../image/digest.ts';
import {byteSize, count} from '../text/wording.ts';
import type {RelinkStep} from './relink-steps.ts';

/** `2 manifests, 1 config and 1 tag` */
export function relinkCounts(steps: readonly RelinkStep[]): string {
	const number = (noun: string) => steps.filter(step => nounOf(step) === noun).length;
	const parts = ['manifest', 'config', 'layer', 'tag']
		.filter(noun => number(noun) > 0)
		.map(noun => count(number(noun), noun));
	return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/** What was restored. */
export function relinkDone(step: RelinkStep): string {
	switch (step.kind) {
		case 'mount-blob':
			return `${shortDigest(step.digest)} is linked again, mounted from ${step.from}.`;
		case 'upload-blob':
			return `${shortDigest(step.digest)} is linked again, uploaded from the disk.`;
		case 'put-manifest':
			return `${shortDigest(step.digest)} is linked again.`;
		case 'restore-tag':
			return `${step.repository}:${step.tag} names ${shortDigest(step.digest)} again.`;
	}
}

/** How the relink is undone. */
export function relinkUndo(steps: readonly RelinkStep[]): string {
	return steps.every(({kind}) => kind === 'restore-tag')
		? 'None is needed: the tag named nothing before.'
		: 'DELETE the same digests; the state before is the broken one.';
}

/** `2 layers read from the disk` is what takes the time. */
export function relinkChanges(steps: readonly RelinkStep[]): string {
	const bytes = steps.reduce((sum, step) => sum + (step.kind === 'upload-blob' ? step.size : 0), 0);
	const has = (kind: RelinkStep['kind']) => steps.some(step => step.kind === kind);
	const changes = [
		...(has('mount-blob') ? ['mounts what other repositories hold'] : []),
		...(bytes > 0 || has('upload-blob') ? [`uploads ${byteSize(bytes)} from the disk`] : []),
		...(has('put-manifest') || steps.length === 0
			? ['PUTs the exact bytes from the disk back under the same digest']
			: []),
		...(has('restore-tag') ? ['PUTs the exact bytes under the tag again'] : []),
	];
	return changes.join('; ');
}

function nounOf(step: RelinkStep): string {
	return step.kind === 'restore-tag' ? 'tag' : step.kind === 'put-manifest' ? 'manifest' : step.role;
}
