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

/** The request as it is made, for whoever approves it. */
export function relinkRequest(step: RelinkStep, repository: string): string {
	const uploads = `/v2/${repository}/blobs/uploads/`;
	switch (step.do) {
		case 'mount':
			return `POST ${uploads}?mount=${step.digest}&from=${step.from}, or where that is not mounted an upload of ${byteSize(step.size)} read from the disk`;
		case 'upload':
			return `PUT ${uploads}…?digest=${step.digest}, an upload of ${byteSize(step.size)} read from the disk`;
		case 'manifest':
			return `PUT /v2/${repository}/manifests/${step.digest}: the exact bytes from the disk`;
		case 'retag':
			return `PUT /v2/${repository}/manifests/${step.tag}: the exact bytes of ${step.digest} from the disk`;
	}
}

/** What is there again. */
export function relinkDone(step: RelinkStep, repository: string): string {
	switch (step.do) {
		case 'mount':
			return `${shortDigest(step.digest)} is linked again, mounted from ${step.from}.`;
		case 'upload':
			return `${shortDigest(step.digest)} is linked again, uploaded from the disk.`;
		case 'manifest':
			return `${shortDigest(step.digest)} is linked again.`;
		case 'retag':
			return `${repository}:${step.tag} names ${shortDigest(step.digest)} again.`;
	}
}

/** What takes it back. */
export function relinkUndo(steps: readonly RelinkStep[]): string {
	const isOnly = (what: RelinkStep['do']) => steps.every(step => step.do === what);
	return isOnly('retag')
		? 'None is needed: the tag named nothing before.'
		: 'DELETE the same digests; the state before is the broken one.';
}

/** `2 layers read from the disk` is what takes the time. */
export function relinkChanges(steps: readonly RelinkStep[]): string {
	const bytes = steps.reduce((sum, step) => sum + (step.do === 'upload' ? step.size : 0), 0);
	const has = (what: RelinkStep['do']) => steps.some(step => step.do === what);
	const changes = [
		...(has('mount') ? ['mounts what other repositories hold'] : []),
		...(bytes > 0 || has('upload') ? [`uploads ${byteSize(bytes)} from the disk`] : []),
		...(has('manifest') || steps.length === 0 ? ['PUTs the exact bytes from the disk back under the same digest'] : []),
		...(has('retag') ? ['PUTs the exact bytes under the tag again'] : []),
	];
	return changes.join('; ');
}

function nounOf(step: RelinkStep): string {
	return step.do === 'retag' ? 'tag' : step.do === 'manifest' ? 'manifest' : step.role;
}
