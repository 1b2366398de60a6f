import {defined} from '../defined.ts';
import type {Digest} from '../image/digest.ts';
import {type Descriptor, type Index, type Manifest, platformName} from '../image/manifest.ts';
import {isAttachedTag, isRunnable, runnableChildren} from '../image/purpose.ts';
import type {Scan} from '../storage/findings/finding.ts';
import {tagTarget} from '../storage/listing/links.ts';
import type {RepositoryListing} from '../storage/listing/listing.ts';
import {isoTime} from '../storage/listing/times.ts';
import type {StorageGraph} from '../storage/walk/graph.ts';
import {pastImages} from '../storage/walk/history.ts';
import {planBelow} from '../storage/walk/relink-plan.ts';
import {hasPlatforms, type ImageConfig} from './image-config.ts';
import {type Age, ageOf} from './sibling-age.ts';

/** A whole image that a broken tag can be pointed to. */
export type Sibling = Age & {
	/** The tags that name it, the most recently written first. None: only the history of the broken tag knows it. */
	tags: string[];
	/** The broken tag has named it before. */
	wasNamed: boolean;
	/** When the broken tag was last set to it, as far as that is known. ISO 8601, UTC. */
	named?: string;
	digest: Digest;
	platforms: string[];
	/** When it was built, by its config. ISO 8601, UTC. */
	built?: string;
	/** When a tag was last set to it. */
	tagged?: string;
};

type ReadManifest = (digest: Digest) => Manifest | undefined;

/** An image, and the configs that say more of it than its manifest. Times are seconds since 1970. */
type Candidate = Named & {digest: Digest; manifest: Manifest; configs: Digest[]};

/** What may be a sibling, by the manifests on the disk. `configs` are still to be read, the first ones first. */
type SiblingSearch = {original: Candidate | undefined; candidates: Candidate[]; configs: Digest[]};

/**
 * Looks for images of the same repository that a broken tag can be pointed to: whole on the disk, of the same media type, and
 * no signature, attestation, cache or other artifact. Its own history counts.
 */
export function searchSiblings(graph: StorageGraph, scan: Scan, repository: string, tag: string): SiblingSearch {
	const ofRepository = graph.listing.repositories.get(repository);
	const read = (digest: Digest) => manifestOf(graph, digest);
	const original = ofRepository && originalOf(read, ofRepository, tag);
	const isArtifact = original !== undefined && !isImage(read, original.manifest);
	if (ofRepository === undefined || isAttachedTag(tag) || isArtifact) {
		return {original, candidates: [], configs: []};
	}

	const broken = new Set(scan.findings.filter(found => found.repository === repository).flatMap(({tags}) => tags));
	const own = tagTarget(ofRepository.tags.get(tag)?.link);
	const candidates = [...imagesIn(ofRepository, {graph, repository, tag})]
		.filter(([digest, {tags}]) => digest !== own && !tags.some(name => broken.has(name)))
		.flatMap(([digest, named]) => candidateOf(read, digest, named) ?? [])
		.filter(
			({digest, manifest}) =>
				isImage(read, manifest) &&
				(original === undefined || manifest.mediaType === original.manifest.mediaType) &&
				planBelow(graph, repository, [digest]).parts.every(({where}) => where === 'linked'),
		)
		.sort((a, b) => (b.tagged ?? 0) - (a.tagged ?? 0));

	return {original, candidates, configs: [original, ...candidates].flatMap(image => image?.configs ?? [])};
}

/**
 * The same where there is no disk, among images that the registry serves whole: no history is known, and no time of a tag.
 * @param images in the order in which they are offered where no build time tells
 */
export function searchServed(
	original: {digest?: Digest; tags: readonly string[]},
	images: readonly {digest: Digest; tags: string[]}[],
	read: ReadManifest,
): SiblingSearch {
	const known = original.digest && candidateOf(read, original.digest, {tags: [...original.tags], wasNamed: false});
	if (original.tags.some(isAttachedTag) || (known !== undefined && !isImage(read, known.manifest))) {
		return {original: known, candidates: [], configs: []};
	}

	const candidates = images
		.filter(({digest, tags}) => digest !== original.digest && !tags.every(isAttachedTag))
		.flatMap(({digest, tags}) => candidateOf(read, digest, {tags, wasNamed: false}) ?? [])
		.filter(
			({manifest}) =>
				isImage(read, manifest) && (known === undefined || manifest.mediaType === known.manifest.mediaType),
		);
	return {original: known, candidates, configs: [known, ...candidates].flatMap(image => image?.configs ?? [])};
}

/**
 * The siblings with at least the platforms of the original, as far as those are known: what the tag named, the last first; then
 * the newest.
 */
export function siblingsOf(
	{original, candidates}: SiblingSearch,
	configs: ReadonlyMap<Digest, ImageConfig>,
): Sibling[] {
	const aboutOriginal = original && aboutOf(original, configs);
	return [...candidates]
		.sort((a, b) => (b.named ?? 0) - (a.named ?? 0))
		.map(candidate => ({candidate, ...aboutOf(candidate, configs)}))
		.filter(({platforms}) => hasPlatforms(platforms, aboutOriginal?.platforms ?? []))
		.map(({candidate: {digest, tags, wasNamed, tagged, named}, platforms, built}) => ({
			tags,
			wasNamed,
			digest,
			platforms,
			...defined({
				named: named === undefined ? undefined : isoTime(named),
				built,
				tagged: tagged === undefined ? undefined : isoTime(tagged),
			}),
			...ageOf({built, tagged}, {built: aboutOriginal?.built, tagged: original?.tagged}),
		}))
		.sort((a, b) =>
			a.wasNamed || b.wasNamed
				? Number(b.wasNamed) - Number(a.wasNamed)
				: compare(b.built ?? b.tagged ?? '', a.built ?? a.tagged ?? ''),
		);
}

/** What the broken tag names; where that is gone, what it named before. */
function originalOf(read: ReadManifest, {tags}: RepositoryListing, tag: string): Candidate | undefined {
	const {link, history = new Map<Digest, number>()} = tags.get(tag) ?? {};
	const own = tagTarget(link);
	const past = [...history].sort(([, a], [, b]) => b - a);
	const tagged = link?.changed ?? past[0]?.[1];
	const digests = [...(own === undefined ? [] : [own]), ...past.map(([digest]) => digest)];
	return digests
		.map(digest => candidateOf(read, digest, {tags: [tag], wasNamed: true, ...defined({tagged})}))
		.find(Boolean);
}

/** `named`: when the tag was last set to it. */
type Named = {tags: string[]; wasNamed: boolean; tagged?: number; named?: number};

/** The images of the other tags, and those of the tag's own history, each once. */
function imagesIn(
	{tags}: RepositoryListing,
	{graph, repository, tag}: {graph: StorageGraph; repository: string; tag: string},
): Map<Digest, Named> {
	const images = new Map<Digest, Named>();
	const others = [...tags].filter(([name]) => name !== tag && !isAttachedTag(name));
	for (const [name, {link}] of others.sort(([, a], [, b]) => (b.link?.changed ?? 0) - (a.link?.changed ?? 0))) {
		const digest = tagTarget(link);
		if (digest !== undefined) {
			const known = images.get(digest);
			images.set(digest, {
				tags: [...(known?.tags ?? []), name],
				wasNamed: false,
				tagged: known?.tagged ?? link!.changed,
			});
		}
	}

	for (const {digest, named} of pastImages(graph, repository, tag)) {
		images.set(digest, {tags: [], tagged: named, ...images.get(digest), wasNamed: true, named});
	}

	return images;
}

function candidateOf(read: ReadManifest, digest: Digest, named: Named): Candidate | undefined {
	const manifest = read(digest);
	return manifest && {digest, ...named, manifest, configs: configsOf(read, manifest)};
}

/** Of an index the configs of the children that do not say their platform, and of one more, for its time. */
function configsOf(read: ReadManifest, manifest: Manifest): Digest[] {
	if (manifest.kind === 'image') {
		return manifest.config === undefined ? [] : [manifest.config.digest];
	}

	return childrenWithConfigs(manifest).flatMap(({digest}) => {
		const child = read(digest);
		return child?.kind === 'image' ? configsOf(read, child) : [];
	});
}

/** The children whose configs say what the index does not: those without a platform, and the first, for its time. */
export function childrenWithConfigs(index: Index): Descriptor[] {
	return runnableChildren(index).filter((child, at) => at === 0 || platformName(child) === undefined);
}

function aboutOf(
	{manifest, configs}: Candidate,
	read: ReadonlyMap<Digest, ImageConfig>,
): {platforms: string[]; built: string | undefined} {
	const known = configs.flatMap(digest => read.get(digest) ?? []);
	const named = manifest.kind === 'index' ? runnableChildren(manifest).flatMap(child => platformName(child) ?? []) : [];
	const platforms = [...named, ...known.flatMap(({platform}) => platform ?? [])];
	return {platforms: [...new Set(platforms)], built: known.find(({built}) => built !== undefined)?.built};
}

function isImage(read: ReadManifest, manifest: Manifest): boolean {
	return isRunnable(manifest, ({digest}) => read(digest));
}

function manifestOf(graph: StorageGraph, digest: Digest): Manifest | undefined {
	const body = graph.manifest(digest);
	return body?.ok ? body.manifest : undefined;
}

function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
