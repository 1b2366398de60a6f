import {defined} from '../../defined.ts';
import type {Digest} from '../../image/digest.ts';
import type {MeantPlatforms} from '../../image/meant-platforms.ts';
import type {RegistryRole} from '../../image/verdict.ts';
import type {Inventory} from '../../inventory/inventory.ts';
import {count} from '../../text/wording.ts';
import {danglingHistory} from '../listing/links.ts';
import type {RepositoryListing, StorageListing} from '../listing/listing.ts';
import {isOfRestore, type Restore, recogniseRestore} from '../restore.ts';
import type {Asked} from '../unlinked/judge.ts';
import {collectionStops} from '../walk/collection-stops.ts';
import {tagFault} from '../walk/faults.ts';
import {openGraph, type StorageGraph} from '../walk/graph.ts';
import {type RelinkTarget, relinkPlan} from '../walk/relink-plan.ts';
import {isIndex, targetsOf, untaggedIn, walkTarget} from '../walk/tags.ts';
import {type Walk, type WalkRules, walkDigest} from '../walk/walk-manifest.ts';
import {damagesImage, type Finding, type Scan} from './finding.ts';
import {FindingList} from './finding-list.ts';
import {GapList} from './gap-list.ts';
import {type HashedBlob, hashGaps, unneededAmong} from './hashing.ts';
import {LatentFaultList} from './latent-faults.ts';
import {findLostNames} from './lost-names.ts';
import {canTakeTags, remedyRules} from './remedy-rules.ts';

type AssessOptions = {
	role: RegistryRole;
	/** Which platforms are meant to be there. */
	platforms?: MeantPlatforms;
	/** Seconds since 1970 on the registry's host; by default, when the listing was taken. */
	now?: number;
	/** Without hashes, nothing is known of data that has the right size. */
	hashed?: readonly HashedBlob[];
	/** What the registry has held, as its probes saw it. */
	inventory?: Inventory;
	/** A manifest to look at although no tag may name it. */
	asked?: Asked;
};

/**
 * Finds what is damaged in a listing of the store, as registry 2.8 would serve it.
 * Whatever was not read is never called gone; whatever was pushed during the listing is a gap and not a finding.
 */
export function assess(
	listing: StorageListing,
	{role, platforms = {}, now = listing.taken, hashed = [], inventory, asked}: AssessOptions,
): Scan {
	const differing = new Set(hashed.filter(({state}) => state === 'differs').map(({digest}) => digest));
	const matching = new Set(hashed.filter(({state}) => state === 'same').map(({digest}) => digest));
	const graph = openGraph(listing, {differing, matching});
	const found: Found = {
		findings: new FindingList(),
		latent: new LatentFaultList(),
		gaps: new GapList([...listing.gaps, ...hashGaps(hashed)]),
		intact: new Set(),
		needed: new Set(),
		leftovers: 0,
		notMeant: 0,
	};
	const rules = {role, platforms};

	for (const [name, repository] of listing.repositories) {
		assessRepository(graph, {name, repository, rules, now}, found);
	}

	if (asked !== undefined) {
		assessAsked(graph, {...asked, rules}, found);
	}

	const {findings, latent, gaps, intact, needed} = found;
	// A cache deletes what has expired, and fetches it again.
	const names = role === 'cache' ? undefined : findLostNames(graph, defined({witness: inventory, asked}));
	for (const {repository, tags, fault} of names?.faults ?? []) {
		findings.add(repository, tags, fault);
	}

	for (const digest of unneededAmong(differing, graph, needed)) {
		latent.addUnneeded(digest, graph.linkedIn(digest));
	}

	const {unreadBodies} = graph;
	if (unreadBodies.size > 0 && listing.complete) {
		gaps.add(`${count(unreadBodies.size, 'manifest')} could not be read, ${[...unreadBodies][0]} among them`);
	}

	const gathered = findings.all(remedyRules(graph, intact));
	const restore = gathered.length === 0 || names === undefined ? undefined : recogniseRestore(listing, names);
	const all = withTimes(gathered, {listing, ...defined({restore})});
	const reported = new Set(all.flatMap(({aside = []}) => aside.map(({path}) => path)));
	for (const [path, kind] of listing.obstacles ?? []) {
		if (!reported.has(path)) {
			latent.addInTheWay({path, kind});
		}
	}

	const isOfImage = ({kind, tags, asked: isAsked}: Finding) =>
		tags.length > 0 || isAsked === true || kind === 'repository-vanished';
	const {unlinkedUnread = 0, configsUnread = 0} = listing;
	return {
		root: listing.root,
		complete: listing.complete && gaps.size === 0,
		...gaps.after({gaps: []}),
		counts: countsOf(listing, graph),
		findings: all.filter(isOfImage),
		leftovers: {
			images: found.leftovers,
			findings: all.filter(finding => !isOfImage(finding)),
			...(names !== undefined && names.leftovers > 0 && {unlinked: names.leftovers}),
		},
		...defined({restore}),
		risks: latent.all(),
		harmless: {
			history: danglingHistory(listing),
			leftOut: listing.leftOut ?? 0,
			strays: [...(listing.strays ?? [])],
			linksTakenBySize: listing.linksTakenBySize ?? 0,
			...(found.notMeant > 0 && {notMeant: found.notMeant}),
			...(unlinkedUnread > 0 && {unlinkedUnread}),
			...(configsUnread > 0 && {configsUnread}),
			collectionStops: collectionStops(graph),
		},
	};
}

type Found = {
	findings: FindingList;
	latent: LatentFaultList;
	gaps: GapList;
	/** Repositories with at least one intact image that has a tag of its own. */
	intact: Set<string>;
	/** Digests that some image needs. */
	needed: Set<Digest>;
	/** Damaged images without a tag. */
	leftovers: number;
	/** Parts of tagged images that are absent on purpose. */
	notMeant: number;
};

type RepositoryToAssess = {name: string; repository: RepositoryListing; rules: WalkRules; now: number};

function assessRepository(graph: StorageGraph, {name, repository, rules, now}: RepositoryToAssess, found: Found): void {
	const {findings, gaps, intact} = found;
	const reached = new Set<Digest>();
	const note = (walk: Walk, tags: readonly string[]) => {
		noteWalk(walk, {name, tags}, found);
		for (const digest of walk.reached) {
			reached.add(digest);
		}
	};

	for (const {tags, moved, digest, link} of targetsOf(repository, graph.listing.taken)) {
		const walk = digest === undefined ? undefined : walkTarget(graph, name, digest, rules);
		const broken = digest === undefined ? tagFault(graph, name, [...tags, ...moved][0]!, link) : undefined;
		const faults = walk?.faults ?? (broken === undefined ? [] : [broken]);
		if (walk !== undefined) {
			note(walk, tags);
		}

		if (faults.length === 0 && digest !== undefined && canTakeTags(graph, digest, [...tags, ...moved])) {
			intact.add(name);
		}

		if (faults.length > 0 && moved.length > 0) {
			gaps.addMoved({repository: name, tags: [...moved]}, `${name}:${moved.join(', ')} was pushed`);
		}

		// A cache fetches a tag that it lacks, if nothing is in its place.
		const isKept = rules.role === 'authoritative' || digest !== undefined || broken?.kind === 'link-malformed';
		if (tags.length > 0 && isKept) {
			for (const fault of faults) {
				findings.add(name, tags, fault);
			}
		}
	}

	for (const digest of untaggedIn(graph, repository, {reached, now})) {
		// An index that was walked before may have reached it.
		if (!reached.has(digest)) {
			const walk = walkTarget(graph, name, digest, rules);
			note(walk, []);
			found.leftovers += walk.faults.length > 0 ? 1 : 0;
			for (const fault of walk.faults) {
				findings.add(name, [], fault.kind === 'tag-dangling' ? {...fault, kind: 'child-missing'} : fault);
			}
		}
	}
}

/** What was asked for is looked at whether or not a tag names it, and whether or not its repository is there. */
function assessAsked(
	graph: StorageGraph,
	{repository, digest, rules}: {repository: string; digest: Digest; rules: WalkRules},
	found: Found,
): void {
	const walk = walkDigest(graph, repository, digest, rules);
	noteWalk(walk, {name: repository, tags: []}, found);
	for (const fault of walk.faults) {
		found.findings.add(repository, [], fault, true);
	}
}

function noteWalk(
	{reached, blobs, servedAsLayers, notMeant}: Walk,
	{name, tags}: {name: string; tags: readonly string[]},
	found: Found,
): void {
	const {needed, latent} = found;
	found.notMeant += tags.length === 0 ? 0 : notMeant;
	for (const digest of [...reached, ...blobs]) {
		needed.add(digest);
	}

	for (const path of servedAsLayers) {
		latent.addServedAsLayer(name, tags, path);
	}
}

/** Where the host's times are not exact, or are those of a restore, the time of a fault is not known. */
function withTimes(
	findings: Finding[],
	{listing: {preciseTimes}, restore}: {listing: StorageListing; restore?: Restore},
): Finding[] {
	return findings.map((finding): Finding => {
		const {since, ...timeless} = finding;
		const isKnown = since !== undefined && preciseTimes !== false && !isOfRestore(restore, Date.parse(since) / 1000);
		return isKnown ? finding : timeless;
	});
}

/** Whether a relink alone repairs a finding: all the data that it needs is on disk as its manifest describes it. */
export function relinkable(finding: RelinkTarget, listing: StorageListing): boolean {
	return finding.digest !== undefined && relinkPlan(finding, listing)?.complete === true;
}

/** Findings that do not damage this image: the follow-ups of an incident. */
export function otherOrphans(scan: Scan, image: Parameters<typeof damagesImage>[1]): Finding[] {
	return scan.findings.filter(finding => !damagesImage(finding, image));
}

function countsOf({repositories, blobs, manifests}: StorageListing, graph: StorageGraph): Scan['counts'] {
	let tags = 0;
	let links = 0;
	for (const repository of repositories.values()) {
		tags += repository.tags.size;
		links += repository.revisions.size + repository.layers.size;
		links += [...repository.tags.values()].filter(({link}) => link !== undefined).length;
	}

	const indexes = [...manifests.keys()].filter(digest => isIndex(graph, digest)).length;
	return {repositories: repositories.size, tags, indexes, links, blobs: blobs.size};
}
