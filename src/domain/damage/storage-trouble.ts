import type {Digest} from '../image/digest.ts';
import type {StorageListing} from '../storage/listing/listing.ts';
import {count} from '../text/wording.ts';

/** Up to so many manifests that cannot be read are damage of their own. Above that, and from a tenth of them, it is the storage. */
const fewManifests = 3;
const largestShare = 0.1;

/**
 * Why the storage itself is the incident: so many unrelated manifests cannot be read that none of them is what failed. Undefined:
 * the disk can be read.
 */
export function troubleOfDisk({
	repositories,
	manifests,
	blobs,
}: Pick<StorageListing, 'repositories' | 'manifests' | 'blobs'>): string | undefined {
	const linked = new Set<Digest>([...repositories.values()].flatMap(({revisions}) => [...revisions.keys()]));
	const unread = [...linked].filter(digest => blobs.has(digest) && !manifests.has(digest));
	return unread.length <= fewManifests || unread.length < linked.size * largestShare
		? undefined
		: `${unread.length} of ${count(linked.size, 'manifest')} on the disk cannot be read: the disk, its mount or its permissions fail.`;
}
