import type {Digest} from './digest.ts';
import {type Finding, type Scan, touches} from './finding.ts';
import {FindingList, folderChanged, revisionChanged, type StorageFault} from './storage-faults.ts';
import {openGraph, type StorageGraph, tagTarget} from './storage-graph.ts';
import type {Link, RepositoryListing, StorageListing} from './storage-listing.ts';
import {revisionFolder, tagFolder} from './storage-paths.ts';
import {type StorageRole, walkManifest} from './storage-walk.ts';

/** What is younger and has no tag may be a push on its way. */
const settledAfterSeconds = 600;

/**
 * Says what is damaged in a listing of the store, as registry 2.8 would serve it.
 * What was not read is never called gone; what was pushed while the listing was made is a gap, not a finding.
 * @param now seconds since 1970 on the registry's host; when the listing was taken, where absent
 */
export function assess(listing: StorageListing, {role, now = listing.taken}: {role: StorageRole; now?: number}): Scan {
	const graph = openGraph(listing);
	const findings = new FindingList();
	const gaps = [...listing.gaps];
	const intact = new Set<string>();

	for (const [name, repository] of listing.repositories) {
		const reached = new Set<Digest>();

		for (const {tags, digest, link} of targets(repository)) {
			const faults =
				digest === undefined ? brokenTag(graph, name, tags[0]!, link) : tagFaults(graph, name, digest, role, reached);
			const movedMeanwhile = link !== undefined && link.changed > listing.taken;

			if (faults.length === 0 && digest !== undefined) {
				intact.add(name);
			} else if (faults.length > 0 && movedMeanwhile) {
				gaps.push(`${name}:${tags.join(', ')} was pushed while the store was read`);
			} else if (role === 'authoritative' || digest !== undefined || link !== undefined) {
				for (const fault of faults) {
					findings.add(name, tags, fault);
				}
			}
		}

		for (const digest of untagged(graph, repository, reached, now)) {
			if (!reached.has(digest)) {
				for (const fault of tagFaults(graph, name, digest, role, reached)) {
					findings.add(name, [], fault.kind === 'tag-dangling' ? {...fault, kind: 'child-missing'} : fault);
				}
			}
		}
	}

	return {
		root: listing.root,
		complete: listing.complete && gaps.length === 0,
		gaps,
		counts: countsOf(listing, graph),
		findings: findings.all(name => intact.has(name)),
	};
}

/** Whether putting links back is enough: all the data a finding needs is on disk as its manifest describes it. */
export function relinkable({digest}: Pick<Finding, 'digest'>, listing: StorageListing): boolean {
	if (digest === undefined || !listing.blobs.has(digest)) {
		return false;
	}

	const graph = openGraph(listing);
	const body = graph.manifest(digest);
	// Without a body it is a config or a layer: its data is there, which is all that can be said of it.
	return body === undefined ? listing.blobs.get(digest)!.size > 0 : body.ok && graph.missingBelow(digest).length === 0;
}

/** Findings that do not touch this image: the follow-ups of an incident. */
export function otherOrphans(scan: Scan, repository: string, tag: string | undefined): Finding[] {
	return scan.findings.filter(finding => !touches(finding, repository, tag));
}

type Target = {tags: string[]; digest?: Digest /** The youngest, where several tags share a digest. */; link?: Link};

/** Tags by what they name: an image with many tags is walked once. */
function targets({tags}: RepositoryListing): Target[] {
	const byDigest = new Map<Digest, Target>();
	const broken: Target[] = [];

	for (const [tag, {link}] of tags) {
		const digest = tagTarget(link);
		const before = digest === undefined ? undefined : byDigest.get(digest);
		if (digest === undefined) {
			broken.push({tags: [tag], ...(link === undefined ? {} : {link})});
		} else if (before === undefined) {
			byDigest.set(digest, {tags: [tag], digest, link: link!});
		} else {
			before.tags.push(tag);
			before.link = before.link!.changed > link!.changed ? before.link! : link!;
		}
	}

	return [...broken, ...byDigest.values()];
}

function brokenTag(graph: StorageGraph, repository: string, tag: string, link: Link | undefined): StorageFault[] {
	const folder = tagFolder(repository, tag);
	const {listing} = graph;

	if (link !== undefined) {
		// A link whose content could not be read is a gap already.
		return link.content === undefined && link.size === 'sha256:'.length + 64
			? []
			: [
					{
						kind: 'link-malformed',
						via: [],
						since: link.changed,
						detail: `the link of tag ${tag} does not hold a digest`,
					},
				];
	}

	if (graph.absent(`${folder}/current/link`) === 'unread') {
		return [];
	}

	const since = folderChanged(listing, `${folder}/current`);
	return [
		{kind: 'tag-dangling', via: [], ...(since === undefined ? {} : {since}), detail: `tag ${tag} has no current/link`},
	];
}

function tagFaults(
	graph: StorageGraph,
	repository: string,
	digest: Digest,
	role: StorageRole,
	reached: Set<Digest>,
): StorageFault[] {
	const {listing} = graph;
	const link = graph.revision(repository, digest);
	const data = graph.data(digest);

	if (link === 'malformed') {
		reached.add(digest);
		const since = listing.repositories.get(repository)?.revisions.get(digest)?.changed;
		const detail = 'its revision link does not hold its digest';
		return [{kind: 'link-malformed', digest, via: [], ...(since === undefined ? {} : {since}), detail}];
	}

	if (link === 'gone' || data === 'gone') {
		reached.add(digest);
		const since =
			link === 'gone'
				? revisionChanged(listing, repository, digest)
				: folderChanged(listing, revisionFolder(repository, digest));
		const detail = link === 'gone' ? 'the tag names a revision that has no link' : 'the data of the manifest is gone';
		return role === 'cache'
			? []
			: [{kind: 'tag-dangling', digest, via: [], ...(since === undefined ? {} : {since}), detail}];
	}

	const walk = walkManifest(graph, repository, digest, role);
	for (const manifest of walk.reached) {
		reached.add(manifest);
	}

	return walk.faults;
}

/** Revisions that no tag leads to, indexes first, so that what they lead to is found through them. */
function untagged(
	graph: StorageGraph,
	{revisions}: RepositoryListing,
	reached: ReadonlySet<Digest>,
	now: number,
): Digest[] {
	const settled = [...revisions].filter(
		([digest, {changed}]) => !reached.has(digest) && changed < now - settledAfterSeconds,
	);
	const isIndex = (digest: Digest) => {
		const body = graph.manifest(digest);
		return body?.ok === true && body.manifest.kind === 'index';
	};
	const digests = settled.map(([digest]) => digest);
	return [...digests.filter(isIndex), ...digests.filter(digest => !isIndex(digest))];
}

function countsOf({repositories, blobs, manifests}: StorageListing, graph: StorageGraph): Scan['counts'] {
	let tags = 0;
	let links = 0;
	for (const repository of repositories.values()) {
		tags += repository.tags.size;
		links += repository.revisions.size + repository.layers.size;
		links += [...repository.tags.values()].filter(({link}) => link !== undefined).length;
	}

	const isIndex = (digest: Digest) => {
		const body = graph.manifest(digest);
		return body?.ok === true && body.manifest.kind === 'index';
	};
	const indexes = [...manifests.keys()].filter(isIndex).length;
	return {repositories: repositories.size, tags, indexes, links, blobs: blobs.size};
}
