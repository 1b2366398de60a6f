import type {Digest} from '../../image/digest.ts';
import type {FaultKind} from '../../image/fault.ts';
import type {Descriptor} from '../../image/manifest.ts';
import {linkTrouble} from '../listing/link.ts';
import type {StorageGraph} from './graph.ts';

type Damage = NonNullable<ReturnType<StorageGraph['damage']>>;

// @see distribution v2.8.3 blobwriter.moveBlob: what is there already is not written again
const keepsIt = 'a push does not replace it: the bad data has to be moved aside first';

/** What damaged data means for the config or layer it is. */
export function blobTrouble(
	{listing}: StorageGraph,
	{digest, size}: Descriptor,
	what: 'config' | 'layer',
	damage: Damage,
): {kind: FaultKind; detail: string} {
	const stored = listing.blobs.get(digest)?.size;
	switch (damage) {
		case 'gone':
			return {kind: `${what}-missing`, detail: `the data of this ${what} is gone`};

		case 'empty':
			return {kind: 'blob-empty', detail: `0 bytes on disk, ${size} promised; ${keepsIt}`};

		case 'resized':
			return {kind: 'blob-truncated', detail: `${stored} bytes on disk, ${size} promised; ${keepsIt}`};

		case 'corrupt':
			return {kind: 'blob-corrupt', detail: `as long as promised, but its bytes do not match its digest; ${keepsIt}`};
	}
}

export function revisionTrouble({listing}: StorageGraph, repository: string, digest: Digest): string {
	const {revisions, layers} = listing.repositories.get(repository)!;
	const own = revisions.get(digest);
	return `its revision link ${own === undefined ? 'is gone, and its layer link ' : ''}${linkTrouble(own ?? layers.get(digest)!)}`;
}
