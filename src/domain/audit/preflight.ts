import {defined} from '../defined.ts';
import type {Digest} from '../image/digest.ts';
import type {RegistryRole} from '../image/verdict.ts';
import {assess, relinkable} from '../storage/findings/assess.ts';
import type {Finding} from '../storage/findings/finding.ts';
import type {StorageListing} from '../storage/listing/listing.ts';
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
	/** Broken already, and beyond a relink afterwards. */
	worsens: {image: string; digest: Digest}[];
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
	{command, report}: {command: string; report: CollectionReport},
	listing: StorageListing,
	role: RegistryRole,
): Preflight {
	// What was printed before the end is removed only where a real run comes that far.
	if (report.failure !== undefined && report.failure.stage !== 'sweep') {
		return failedPreflight(command, report.failure);
	}

	const after = without(listing, report);
	const before = assess(listing, {role});
	const then = assess(after, {role});
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

	const worsens = before.findings
		.filter(finding => finding.digest !== undefined && relinkable(finding, listing) && !relinkable(finding, after))
		.flatMap(finding => namesOf(finding).map(image => ({image, digest: finding.digest!})));
	const gaps = [
		...before.gaps,
		...(report.failure === undefined ? [] : [report.failure.message]),
		...(report.complete || report.failure !== undefined
			? []
			: ['the output of the dry run ended early, or its counts do not match its lines']),
	];
	return {
		command,
		complete: report.complete && before.complete,
		gaps,
		removes: {manifests: report.manifests.length, blobs: report.blobs.length},
		breaks: [...breaks.values()].sort((one, other) => (one.image < other.image ? -1 : 1)),
		worsens,
		...defined({failure: report.failure}),
	};
}

function namesOf({repository, tags}: Finding): string[] {
	return tags.map(tag => `${repository}:${tag}`);
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
