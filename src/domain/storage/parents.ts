import type {Digest} from '../image/digest.ts';
import {parseManifest} from '../image/manifest.ts';
import type {StorageListing} from './listing/listing.ts';

/** The indexes of a repository, tagged or not, by the children that they name. */
export function parentsIn(
	{repositories, manifests, parsed: known}: Pick<StorageListing, 'repositories' | 'manifests' | 'parsed'>,
	repository: string,
): Map<Digest, Digest[]> {
	const parents = new Map<Digest, Digest[]>();
	for (const digest of repositories.get(repository)?.revisions.keys() ?? []) {
		const body = manifests.get(digest);
		const parsed = body?.ok ? (known?.get(digest) ?? parseManifest(body.text)) : undefined;
		const children = parsed?.ok && parsed.manifest.kind === 'index' ? parsed.manifest.children : [];
		for (const child of children) {
			parents.set(child.digest, [...(parents.get(child.digest) ?? []), digest]);
		}
	}

	return parents;
}
