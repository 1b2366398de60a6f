import type {Digest} from '../../domain/image/digest.ts';
import {parseManifest} from '../../domain/image/manifest.ts';
import type {ManifestAnswer} from '../ports/registry.ts';

/** What a tag names, also where its manifest is gone and the registry says which it was. */
export function digestIn(answer: ManifestAnswer): Digest | undefined {
	return answer.state === 'found' ? answer.digest : answer.state === 'missing' ? answer.revision : undefined;
}

export function childrenIn(answer: ManifestAnswer): Digest[] {
	const manifest = manifestIn(answer);
	return manifest?.kind === 'index' ? manifest.children.map(({digest}) => digest) : [];
}

export function subjectIn(answer: ManifestAnswer): Digest | undefined {
	return manifestIn(answer)?.subject?.digest;
}

/** The manifests that it names: its children and its subject. */
export function namesIn(answer: ManifestAnswer): Digest[] {
	return [...childrenIn(answer), ...[subjectIn(answer) ?? []].flat()];
}

function manifestIn(answer: ManifestAnswer) {
	const parsed =
		answer.state === 'found' ? parseManifest(new TextDecoder().decode(answer.bytes), answer.mediaType) : undefined;
	return parsed?.ok ? parsed.manifest : undefined;
}
