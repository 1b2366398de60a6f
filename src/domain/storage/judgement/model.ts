import type {Digest} from '../../image/digest.ts';
import {count} from '../../text/wording.ts';
import {type Finding, type Scan, touches} from '../finding.ts';
import {type HashedBlob, hashGaps} from '../listing/hashes.ts';
import type {StorageListing} from '../listing/listing.ts';
import {brokenTag} from '../listing/tag.ts';
import {FindingList, type StorageFault} from '../walk/faults.ts';
import {openGraph, type StorageGraph} from '../walk/graph.ts';
import {isIndex, targets, untagged} from '../walk/targets.ts';
import {revisionTrouble} from '../walk/trouble.ts';
import {type StorageRole, type Walk, walkManifest} from '../walk/walk.ts';
import {relinkPlan} from './plan.ts';
import {RiskList, unneeded} from './risks.ts';

export type AssessOptions = {
	role: StorageRole;
	/** Seconds since 1970 on the registry's host; when the listing was taken, where absent. */
	now?: number;
	/** What was hashed; without it, nothing is known of data that has the right length. */
	hashed?: readonly HashedBlob[];
};

/**
 * Says what is damaged in a listing of the store, as registry 2.8 would serve it.
 * What was not read is never called gone; what was pushed while the listing was made is a gap, not a finding.
 */
export function assess(listing: StorageListing, {role, now = listing.taken, hashed = []}: AssessOptions): Scan {
	const differing = new Set(hashed.filter(({state}) => state === 'differs').map(({digest}) => digest));
	const graph = openGraph(listing, differing);
	const findings = new FindingList();
	const risks = new RiskList();
	const gaps = [...listing.gaps, ...hashGaps(hashed)];
	const intact = new Set<string>();
	const needed = new Set<Digest>();

	for (const [name, repository] of listing.repositories) {
		const reached = new Set<Digest>();
		const note = ({reached: manifests, blobs, servedAsLayers}: Walk, tags: readonly string[]) => {
			for (const digest of manifests) {
				reached.add(digest);
				needed.add(digest);
			}

			for (const digest of blobs) {
				needed.add(digest);
			}

			for (const place of servedAsLayers) {
				risks.addServedAsLayer(name, tags, place);
			}
		};

		for (const {tags, moved, digest, link} of targets(repository, listing.taken)) {
			const walk = digest === undefined ? undefined : walkTag(graph, name, digest, role);
			const broken = digest === undefined ? brokenTag(graph, name, [...tags, ...moved][0]!, link) : undefined;
			const faults = walk?.faults ?? (broken === undefined ? [] : [broken]);
			if (walk !== undefined) {
				note(walk, tags);
			}

			if (faults.length === 0 && digest !== undefined) {
				intact.add(name);
			}

			if (faults.length > 0 && moved.length > 0) {
				gaps.push(`${name}:${moved.join(', ')} was pushed while the store was read`);
			}

			if (tags.length > 0 && (role === 'authoritative' || digest !== undefined || link !== undefined)) {
				for (const fault of faults) {
					findings.add(name, tags, fault);
				}
			}
		}

		for (const digest of untagged(graph, repository, reached, now)) {
			if (!reached.has(digest)) {
				const walk = walkTag(graph, name, digest, role);
				note(walk, []);
				for (const fault of walk.faults) {
					findings.add(name, [], fault.kind === 'tag-dangling' ? {...fault, kind: 'child-missing'} : fault);
				}
			}
		}
	}

	for (const digest of unneeded(graph, differing, needed)) {
		risks.addUnneeded(digest, graph.linkedIn(digest));
	}

	const {unreadBodies} = graph;
	if (unreadBodies.size > 0 && listing.complete) {
		gaps.push(`${count(unreadBodies.size, 'manifest')} could not be read, ${[...unreadBodies][0]} among them`);
	}

	return {
		root: listing.root,
		complete: listing.complete && gaps.length === 0,
		gaps,
		counts: countsOf(listing, graph),
		findings: withTimes(
			listing,
			findings.all({
				// Where not all was read, nobody knows whether another tag is whole, nor that none is.
				remedyOfTag: name => (!listing.complete ? 'inspect' : intact.has(name) ? 're-point' : 'remove-tag'),
				planOf: finding => relinkPlan(finding, listing, graph),
			}),
		),
		risks: risks.all(),
		harmless: {
			history: graph.history().dangling,
			leftOut: listing.leftOut ?? 0,
			linksTakenBySize: listing.linksTakenBySize ?? 0,
		},
	};
}

/** Where the host tells times only roughly, nothing says since when. */
function withTimes({preciseTimes}: StorageListing, findings: Finding[]): Finding[] {
	return preciseTimes === false ? findings.map(({since: _, ...finding}): Finding => finding) : findings;
}

/** Whether putting links back is enough: all the data a finding needs is on disk as its manifest describes it. */
export function relinkable(
	{kind, repository, digest, tags, via}: Pick<Finding, 'kind' | 'repository' | 'digest' | 'tags' | 'via'>,
	listing: StorageListing,
): boolean {
	return digest !== undefined && relinkPlan({kind, repository, digest, tags, via}, listing)?.complete === true;
}

/** Findings that do not touch this image: the follow-ups of an incident. */
export function otherOrphans(scan: Scan, repository: string, tag: string | undefined): Finding[] {
	return scan.findings.filter(finding => !touches(finding, repository, tag));
}

function walkTag(graph: StorageGraph, repository: string, digest: Digest, role: StorageRole): Walk {
	const {listing, times} = graph;
	const link = graph.revision(repository, digest);
	const data = graph.data(digest);
	const alone = (faults: StorageFault[]) => ({
		faults,
		reached: new Set([digest]),
		blobs: new Set<Digest>(),
		servedAsLayers: [],
	});

	if (link === 'malformed') {
		const {revisions, layers} = listing.repositories.get(repository)!;
		const since = (revisions.get(digest) ?? layers.get(digest))!.changed;
		return alone([
			{kind: 'link-malformed', digest, via: [], since, detail: revisionTrouble(graph, repository, digest)},
		]);
	}

	if (link !== 'gone' && data !== 'gone') {
		return walkManifest(graph, repository, digest, role);
	}

	const since = link === 'gone' ? times.revision(repository, digest) : times.data(digest);
	const detail = link === 'gone' ? 'the tag names a revision that has no link' : 'the data of the manifest is gone';
	return alone(
		role === 'cache' ? [] : [{kind: 'tag-dangling', digest, via: [], ...(since === undefined ? {} : {since}), detail}],
	);
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
