import type {ImageReference} from '../image/reference.ts';
import type {Finding} from '../storage/findings/finding.ts';
import type {StorageListing} from '../storage/listing/listing.ts';
import {damagedImages} from './damage-of-scan.ts';
import type {DamagedImage} from './damaged-image.ts';

/** The image that a reference names, as one of the damaged images; undefined: the findings do not damage it. */
export function damageToImage(
	image: ImageReference,
	findings: readonly Finding[],
	listing: Pick<StorageListing, 'repositories' | 'manifests'>,
): DamagedImage | undefined {
	const isNamed = ({tags, digest}: DamagedImage) =>
		image.digest === undefined ? image.tag !== undefined && tags.includes(image.tag) : digest === image.digest;
	return damagedImages(findings, listing).find(each => each.repository === image.repository && isNamed(each));
}
