import type {Digest} from '../image/digest.ts';
import type {ImageReference} from '../image/reference.ts';

/** The digest that a node pulled for the tag that a container is written with. */
export type Pulled = {
	digest: Digest;
	/** When the newest of the running containers started. ISO 8601, UTC. */
	started?: string;
	/**
	 * It may be the manifest of one platform, not what the tag named. containerd tells the digest that the reference led to: of a
	 * multi-platform image, the index. CRI-O tells the first of all digests that it has for the image.
	 * @see kubernetes/kubernetes#108689 and #115199, containerd/containerd#12787, cri-o/cri-o#6924
	 */
	mayBePart?: true;
};

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/**
 * @param image as the container is written
 * @param id what the node says of it: `imageID`. Of another repository, it says nothing about this tag
 */
export function pulledFor(
	image: ImageReference | undefined,
	id: ImageReference | undefined,
	{started, container = ''}: {started?: string | undefined; container?: string | undefined},
): Pulled | undefined {
	const isOfTag = image?.tag !== undefined && image.digest === undefined;
	if (!isOfTag || id?.digest === undefined || id.host !== image.host || id.repository !== image.repository) {
		return undefined;
	}

	return {
		digest: id.digest,
		...(started !== undefined && time.test(started) && {started}),
		...(!container.startsWith('containerd://') && {mayBePart: true}),
	};
}

/** One for each digest, with the newest start; what one node is sure of is sure. */
export function joinPulled<Each extends Pulled>(all: readonly Each[]): Each[] {
	const byDigest = new Map<Digest, Each>();
	for (const each of all) {
		const known = byDigest.get(each.digest);
		byDigest.set(each.digest, known === undefined ? each : joined(known, each));
	}

	return [...byDigest.values()];
}

function joined<Each extends Pulled>(one: Each, other: Each): Each {
	const newest = (other.started ?? '') > (one.started ?? '') ? {...one, started: other.started} : {...one};
	if (!other.mayBePart) {
		delete newest.mayBePart;
	}

	return newest;
}
