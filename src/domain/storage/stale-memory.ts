import type {Digest} from '../image/digest.ts';
import {type Descriptor, parseManifest, references} from '../image/manifest.ts';
import {type CachedPart, partsGone} from '../remedy/redis-keys.ts';
import type {Finding} from './findings/finding.ts';
import type {StorageListing} from './listing/listing.ts';
import {openTimes} from './listing/times.ts';

/**
 * Whether a registry answers for data that its disk lacks. `proven`: it did. `not-seen`: it answered 404 for each of `asked`
 * parts, of as many that the disk lacks: where all were asked, nothing of them is remembered.
 */
export type StaleMemory =
	| ({kind: 'proven'; detail: string} & CachedPart)
	| {kind: 'not-seen'; asked: number; of: number};

/** Of a part that no manifest on the disk names, the size is not known: it is given as 0. */
export type MissingPart = {repository: string; descriptor: Descriptor; isManifest: boolean};

/**
 * The parts whose data the disk lacks by these findings. Where a manifest itself is gone, nobody knows its layers: then the
 * layers that its repository has a link to and no data are among them, those that were lost last first. 2.8 keeps such links;
 * 3.x removes them, and remembers manifests as well.
 * @see distribution v3.1.1 registry/storage/garbagecollect.go:180; registry/storage/registry.go:265
 */
export function missingParts(findings: readonly Finding[], listing: StorageListing): MissingPart[] {
	const gone = partsGone(findings).filter(({digest}) => !listing.blobs.has(digest));
	const manifests = manifestsAmong(findings);
	const repositories = new Set(gone.flatMap(({repository, digest}) => (manifests.has(digest) ? [repository] : [])));
	const known = new Set(gone.map(({digest}) => digest));
	const linked = [...repositories].flatMap(repository => linkedWithoutData(repository, listing));
	const parts = [...gone, ...linked.filter(({digest}) => !known.has(digest))];
	const descriptors = descriptorsOf(listing, new Set(parts.map(({digest}) => digest)));
	return parts.map(({repository, digest}) => ({
		repository,
		descriptor: descriptors.get(digest) ?? {digest, size: 0},
		isManifest: manifests.has(digest),
	}));
}

function manifestsAmong(findings: readonly Finding[]): Set<Digest> {
	return new Set(
		findings.flatMap(({kind, digest}) =>
			digest !== undefined && (kind === 'tag-dangling' || kind === 'child-missing') ? [digest] : [],
		),
	);
}

function linkedWithoutData(repository: string, listing: StorageListing): CachedPart[] {
	const times = openTimes(listing);
	return [...(listing.repositories.get(repository)?.layers.keys() ?? [])]
		.filter(digest => !listing.blobs.has(digest))
		.sort((one, other) => (times.data(other) ?? 0) - (times.data(one) ?? 0))
		.map(digest => ({repository, digest}));
}

function descriptorsOf({manifests}: StorageListing, wanted: ReadonlySet<Digest>): Map<Digest, Descriptor> {
	const found = new Map<Digest, Descriptor>();
	for (const body of wanted.size === 0 ? [] : manifests.values()) {
		const parsed = body.ok ? parseManifest(body.text) : undefined;
		for (const descriptor of parsed?.ok ? references(parsed.manifest) : []) {
			if (wanted.has(descriptor.digest)) {
				found.set(descriptor.digest, descriptor);
			}
		}
	}

	return found;
}
