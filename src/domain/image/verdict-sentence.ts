import {count} from '../text/wording.ts';
import type {ImageCheck} from './verdict.ts';

/** What a check found, in one sentence for people. */
export function sayVerdict({verdict, children, digest, faults, unchecked}: ImageCheck): string {
	if (verdict === 'intact') {
		return 'Every part answers: the image can be pulled.';
	}

	if (verdict === 'unknown') {
		return `Nobody knows: ${count(unchecked.length, 'part')} could not be checked.`;
	}

	if (digest === undefined) {
		return 'The tag names nothing that the registry serves.';
	}

	const broken = children.filter(child => child.verdict === 'broken').length;
	if (children.length > 1 && broken > 0) {
		const which =
			broken === children.length
				? `none of its ${children.length} children is`
				: `${broken} of its ${children.length} children ${broken === 1 ? 'is' : 'are'} not`;
		return `The index is there; ${which} whole.`;
	}

	return `The image is not whole: ${count(faults.length, 'fault')}.`;
}
