import {defined} from '../defined.ts';
import type {Digest} from '../image/digest.ts';
import {type FaultKind, faultKinds} from '../image/fault.ts';
import {type Descriptor, type Manifest, parseManifest, platformName, references} from '../image/manifest.ts';
import type {Finding} from '../storage/findings/finding.ts';
import {tagTarget} from '../storage/listing/links.ts';
import type {RepositoryListing, StorageListing} from '../storage/listing/listing.ts';
import {type DamagedImage, imageId} from './damaged-image.ts';

/**
 * The damaged images behind the findings of a scan, sorted by repository and tags. An index that several findings damage is
 * one image, and so are all tags that name it. A child that two indexes share damages both.
 */
export function damagedImages(
	findings: readonly Finding[],
	listing: Pick<StorageListing, 'repositories' | 'manifests' | 'parsed'>,
): DamagedImage[] {
	const gathered = new Map<string, Gathered>();
	// What has no repository cannot be repaired before it has a name.
	for (const finding of findings.filter(({repository}) => repository !== '')) {
		for (const top of topsOf(finding, listing.repositories.get(finding.repository))) {
			const key = `${finding.repository}\n${top.digest ?? `tag ${top.tags[0]}`}`;
			const known = gathered.get(key) ?? {repository: finding.repository, ...top, findings: []};
			known.findings.push(finding);
			gathered.set(key, known);
		}
	}

	return [...gathered.values()]
		.map(image => damagedImage(image, listing))
		.sort((one, other) => compare(one.repository, other.repository) || compare(one.tags.join(), other.tags.join()));
}

type Manifests = Pick<StorageListing, 'manifests' | 'parsed'>;
type Top = {digest?: Digest; tags: string[]};
type Gathered = Top & {repository: string; findings: Finding[]};

/** What a finding damages: for each digest that its tags name one image; each tag that leads to nothing is one of its own. */
function topsOf(finding: Finding, repository: RepositoryListing | undefined): Top[] {
	const {digest, via, tags, kind} = finding;
	if (tags.length === 0) {
		// It was asked for, or no repository has it any more.
		return [{tags: [], ...defined({digest: via[0] ?? digest})}];
	}

	if (kind === 'repository-vanished') {
		return [{tags, ...defined({digest})}];
	}

	// What it names is whole, and may be the image of other tags.
	if (kind === 'tag-set-back') {
		return tags.map(tag => ({tags: [tag]}));
	}

	const named = Map.groupBy(tags, tag => tagTarget(repository?.tags.get(tag)?.link));
	return [...named].flatMap(([target, some]) => {
		const leadsNowhere = target === undefined || (kind === 'tag-dangling' && finding.plan?.complete !== true);
		return leadsNowhere ? some.map(tag => ({tags: [tag]})) : [{digest: target, tags: tagsOf(target, repository)}];
	});
}

function tagsOf(digest: Digest, repository: RepositoryListing | undefined): string[] {
	return [...(repository?.tags ?? [])]
		.filter(([, {link}]) => tagTarget(link) === digest)
		.map(([tag]) => tag)
		.sort();
}

function damagedImage({repository, digest, tags, findings}: Gathered, manifests: Manifests): DamagedImage {
	const kinds = new Set<FaultKind>(findings.map(({kind}) => kind));
	const times = findings.flatMap(({since}) => since ?? []).sort();
	return {
		id: imageId({repository, tags, ...defined({digest})}),
		repository,
		...defined({digest}),
		tags,
		platforms: platformsOf(digest, findings, manifests),
		findings: faultKinds.filter(kind => kinds.has(kind)),
		...defined({since: times[0]}),
	};
}

/** A part that several indexes share is found once, on the way through the first of them: so each child is asked what it needs. */
function platformsOf(
	digest: Digest | undefined,
	findings: readonly Finding[],
	manifests: Manifests,
): DamagedImage['platforms'] {
	const children = digest === undefined ? [] : neededBy(digest, manifests);
	const damaged = new Set(findings.map(({digest: part}) => part ?? digest));
	// Damage of the image itself, or that names no part, spares none of it.
	const isLost = (child: Descriptor) => damaged.has(digest) || reaches(child.digest, damaged, manifests);
	const names = (some: readonly Descriptor[]) => [...new Set(some.flatMap(child => pulledPlatform(child) ?? []))];
	const lost = names(children.filter(isLost));
	// Where the way to the damage is not known, no platform is called whole.
	const whole = lost.length === 0 ? [] : names(children).filter(name => !lost.includes(name));
	return {whole, lost};
}

function pulledPlatform(child: Descriptor): string | undefined {
	const name = platformName(child);
	return name === 'attestation' ? undefined : name;
}

function reaches(
	digest: Digest,
	damaged: ReadonlySet<Digest | undefined>,
	manifests: Manifests,
	seen = new Set<Digest>(),
): boolean {
	if (damaged.has(digest)) {
		return true;
	}

	const isSeen = seen.has(digest);
	seen.add(digest);
	return !isSeen && referencesOf(digest, manifests).some(part => reaches(part.digest, damaged, manifests, seen));
}

function neededBy(digest: Digest, manifests: Manifests): readonly Descriptor[] {
	const manifest = manifestOf(digest, manifests);
	return manifest?.kind === 'index' ? manifest.children : [];
}

function referencesOf(digest: Digest, manifests: Manifests): readonly Descriptor[] {
	const manifest = manifestOf(digest, manifests);
	return manifest === undefined ? [] : references(manifest);
}

function manifestOf(digest: Digest, manifests: Manifests): Manifest | undefined {
	const body = manifests.manifests.get(digest);
	const parsed = body?.ok ? (manifests.parsed?.get(digest) ?? parseManifest(body.text)) : undefined;
	return parsed?.ok ? parsed.manifest : undefined;
}

function compare(one: string, other: string): number {
	return one < other ? -1 : one > other ? 1 : 0;
}
