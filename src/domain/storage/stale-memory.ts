import type {Digest} from '../image/digest.ts';
import {type Descriptor, parseManifest, references} from '../image/manifest.ts';
import {type CachedPart, partsGone} from '../remedy/redis-keys.ts';
import type {Finding} from './findings/finding.ts';
import type {StorageListing} from './listing/listing.ts';

/**
 * Whether a registry answers for what its disk lacks. `proven`: it did. `not-seen`: it answered 404 for each of `asked` parts,
 * of as many that the disk lacks: where all were asked, nothing of them is remembered.
 */
export type StaleMemory =
	| ({kind: 'proven'; detail: string} & CachedPart)
	| {kind: 'not-seen'; asked: number; of: number};

export type MissingPart = {repository: string; descriptor: Descriptor};

/** The parts that the disk lacks by these findings, with their sizes: blobs first, because 2.8 remembers no manifest. */
export function missingParts(findings: readonly Finding[], listing: StorageListing): MissingPart[] {
	const gone = partsGone(findings).filter(
		({repository, digest}) => !listing.blobs.has(digest) || !listing.repositories.get(repository)?.layers.has(digest),
	);
	const descriptors = descriptorsOf(listing, new Set(gone.map(({digest}) => digest)));
	return gone
		.flatMap(({repository, digest}) => {
			const found = descriptors.get(digest);
			return found === undefined ? [] : [{repository, ...found}];
		})
		.sort((one, other) => Number(one.isManifest) - Number(other.isManifest))
		.map(({repository, descriptor}) => ({repository, descriptor}));
}

function descriptorsOf({manifests}: StorageListing, wanted: ReadonlySet<Digest>) {
	const found = new Map<Digest, {descriptor: Descriptor; isManifest: boolean}>();
	for (const body of wanted.size === 0 ? [] : manifests.values()) {
		const parsed = body.ok ? parseManifest(body.text) : undefined;
		for (const descriptor of parsed?.ok ? references(parsed.manifest) : []) {
			if (parsed?.ok && wanted.has(descriptor.digest)) {
				found.set(descriptor.digest, {descriptor, isManifest: parsed.manifest.kind === 'index'});
			}
		}
	}

	return found;
}
