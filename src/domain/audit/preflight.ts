import {defined} from '../defined.ts';
import type {Digest} from '../image/digest.ts';
import {assess, relinkable} from '../storage/findings/assess.ts';
import type {Finding} from '../storage/findings/finding.ts';
import type {CollectionStop} from '../storage/listing/collection-stop.ts';
import type {StorageListing} from '../storage/listing/listing.ts';
import {blobData} from '../storage/listing/paths.ts';
import {collectionStops} from '../storage/walk/collection-stops.ts';
import {openGraph, type StorageGraph} from '../storage/walk/graph.ts';
import type {WalkRules} from '../storage/walk/walk-manifest.ts';
import type {CollectionFailure, CollectionReport} from './collection-report.ts';

/** What a real garbage collection would do to tagged images. */
export type Preflight = {
	/** The dry run. */
	command: string;
	/** Both the output of the dry run and the store were read completely. */
	complete: boolean;
	gaps: string[];
	removes: {manifests: number; blobs: number};
	/** Intact now and broken afterwards, by name. */
	breaks: {image: string; repository: string; tag: string; digests: Digest[]}[];
	/** Broken already, and afterwards beyond a relink, or (`past`) without the image that the tag could be set back to. */
	worsens: {image: string; digest: Digest; past?: true}[];
	/** Where the dry run ended with an error, or where only a real run would. */
	stops?: CollectionStop[];
	/** Why the dry run or the reading of the store failed. */
	failure?: CollectionFailure;
};

/** A preflight of which nothing is known but why it failed. */
export function failedPreflight(command: string, failure: CollectionFailure): Preflight {
	return {
		command,
		complete: false,
		gaps: [failure.message],
		removes: {manifests: 0, blobs: 0},
		breaks: [],
		worsens: [],
		failure,
	};
}

/** Removes from the listing what the dry run would remove, and assesses the store before and after as a scan does. */
export function foresee(
	{command, report, untagged}: {command: string; report: CollectionReport; untagged: boolean},
	listing: StorageListing,
	rules: WalkRules,
): Preflight {
	// What was printed before the end is removed only where a real run comes that far.
	const {failure} = report;
	const graph = openGraph(listing);
	const stops = failure === undefined ? [] : stopsOf(failure, graph, untagged);
	if (failure !== undefined && failure.stage !== 'sweep') {
		return {...failedPreflight(command, failure), ...(stops.length === 0 ? {} : {stops})};
	}

	const unremovable = failure === undefined ? unremovableAmong(report.blobs, graph) : [];
	const after = without(listing, report);
	const before = assess(listing, rules);
	const then = assess(after, rules);
	const brokenNow = new Set(before.findings.flatMap(namesOf));
	const breaks = new Map<string, Preflight['breaks'][number]>();

	for (const finding of then.findings) {
		for (const tag of finding.tags) {
			const image = `${finding.repository}:${tag}`;
			if (!brokenNow.has(image)) {
				const known = breaks.get(image) ?? {image, repository: finding.repository, tag, digests: []};
				known.digests.push(...(finding.digest === undefined ? [] : [finding.digest]));
				breaks.set(image, known);
			}
		}
	}

	const beyondRelink = before.findings
		.filter(finding => finding.digest !== undefined && relinkable(finding, listing) && !relinkable(finding, after))
		.flatMap(finding => namesOf(finding).map(image => ({image, digest: finding.digest!})));
	const worsens = [...beyondRelink, ...pastLost(before.findings, then.findings)];
	const gaps = [
		...before.gaps,
		...(failure === undefined ? [] : [failure.message]),
		...unremovable.map(
			digest =>
				`a real run fails at blob ${digest}, whose data is not at ${blobData(digest)}; by then it has removed manifest links`,
		),
		...(report.complete || failure !== undefined
			? []
			: ['the output of the dry run ended early, or its counts do not match its lines']),
	];
	return {
		command,
		complete: report.complete && before.complete && unremovable.length === 0,
		gaps,
		removes: {manifests: report.manifests.length, blobs: report.blobs.length},
		breaks: [...breaks.values()].sort((one, other) => (one.image < other.image ? -1 : 1)),
		worsens,
		...(stops.length === 0 ? {} : {stops}),
		...defined({failure}),
	};
}

function namesOf({repository, tags}: Finding): string[] {
	return tags.map(tag => `${repository}:${tag}`);
}

/** What a tag could be set back to and, afterwards, cannot any more. */
function pastLost(before: readonly Finding[], then: readonly Finding[]): Preflight['worsens'] {
	const past = (findings: readonly Finding[]) =>
		findings.flatMap(({repository, history = []}) =>
			history.map(({tag, digest}) => ({image: `${repository}:${tag}`, digest, past: true as const})),
		);
	const left = new Set(past(then).map(({image, digest}) => `${image} ${digest}`));
	return past(before).filter(({image, digest}) => !left.has(`${image} ${digest}`));
}

/** What the registry's words often do not tell: at which files this run stops. */
function stopsOf({stage, message}: CollectionFailure, graph: StorageGraph, untagged: boolean): CollectionStop[] {
	const removed = {start: undefined, mark: 'nothing', sweep: 'manifest-links'}[stage];
	const isOf3 = onlyOf3.test(message);
	return collectionStops(graph).filter(
		stop =>
			stop.removed === removed && (untagged || stop.collection === 'every') && (stop.registry === undefined || isOf3),
	);
}

/** The words of registry 3 where 2.8 goes on. */
const onlyOf3 = /Path not found: \S+\/_layers|unrecognized manifest schema version 1/;

/**
 * A dry run does not show them: data that lies in another folder is listed by its digest, and removed at the digest's own path.
 * Seen on 2.8.2. @see distribution v2.8.3 registry/storage/paths.go, digestFromPath; vacuum.go, RemoveBlob
 */
function unremovableAmong(blobs: readonly Digest[], graph: StorageGraph): Digest[] {
	return blobs.filter(digest => graph.data(digest) === 'gone');
}

/** @see distribution v2.8.3 registry/storage/vacuum.go: RemoveManifest takes the revision's folder, RemoveBlob the data */
function without(listing: StorageListing, {manifests, blobs}: CollectionReport): StorageListing {
	const repositories = new Map(listing.repositories);
	for (const [name, removed] of Map.groupBy(manifests, ({repository}) => repository)) {
		const repository = repositories.get(name);
		if (repository !== undefined) {
			const gone = new Set(removed.map(({digest}) => digest));
			const revisions = new Map([...repository.revisions].filter(([digest]) => !gone.has(digest)));
			repositories.set(name, {...repository, revisions});
		}
	}

	const gone = new Set(blobs);
	return {
		...listing,
		repositories,
		blobs: new Map([...listing.blobs].filter(([digest]) => !gone.has(digest))),
		manifests: new Map([...listing.manifests].filter(([digest]) => !gone.has(digest))),
	};
}
