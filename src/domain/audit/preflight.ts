import type {Digest} from '../image/digest.ts';
import type {RegistryRole} from '../image/verdict.ts';
import {assess, relinkable} from '../storage/findings/assess.ts';
import type {Finding} from '../storage/findings/finding.ts';
import type {StorageListing} from '../storage/listing/listing.ts';
import type {CollectionReport} from './commands/collection-report.ts';

/** What a real garbage collection would do to the images that have a tag. */
export type Preflight = {
	/** The command that was rehearsed. */
	command: string;
	/** Both the rehearsal and the store were read to their ends. */
	complete: boolean;
	gaps: string[];
	removes: {manifests: number; blobs: number};
	/** Whole now, broken afterwards, by name. */
	breaks: {image: string; repository: string; tag: string; digests: Digest[]}[];
	/** Broken already, and what a relink could still save would be gone. */
	worsens: {image: string; digest: Digest}[];
};

/**
 * Takes from the listing what the rehearsal names, and judges the store before and after by the same rules as the scan.
 */
export function foresee(
	command: string,
	report: CollectionReport,
	listing: StorageListing,
	role: RegistryRole,
): Preflight {
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
		...(report.complete ? [] : ['the rehearsal’s last line did not come, or does not count what came before']),
	];
	return {
		command,
		complete: report.complete && before.complete,
		gaps,
		removes: {manifests: report.manifests.length, blobs: report.blobs.length},
		breaks: [...breaks.values()].sort((one, other) => (one.image < other.image ? -1 : 1)),
		worsens,
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
