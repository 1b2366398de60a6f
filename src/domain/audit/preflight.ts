import {type Digest, isDigest} from '../image/digest.ts';
import type {RegistryRole} from '../image/verdict.ts';
import {assess, relinkable} from '../storage/findings/assess.ts';
import type {Finding} from '../storage/findings/finding.ts';
import type {StorageListing} from '../storage/listing/listing.ts';

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
};

/** Removes from the listing what the dry run would remove, and assesses the store before and after as a scan does. */
export function foresee(
	{command, report}: {command: string; report: CollectionReport},
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
		...(report.complete ? [] : ['the output of the dry run ended early, or its counts do not match its lines']),
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

/** What a dry run of the garbage collection would remove. */
export type CollectionReport = {
	/** The links of manifests in their repositories. */
	manifests: {repository: string; digest: Digest}[];
	/** The data of all repositories. */
	blobs: Digest[];
	/** The last line was read, and its counts match the lines before it. */
	complete: boolean;
};

/**
 * Reads the output of `registry garbage-collect --dry-run` line by line: a large registry prints millions.
 * @see distribution v2.8.3 registry/storage/garbagecollect.go: a repository's name stands alone before its manifests;
 * v3.0 prints `{name digest [tags]}` after all of them
 */
export function openCollectionReport(): {line(text: string): void; report(): CollectionReport} {
	const manifests: CollectionReport['manifests'] = [];
	const blobs: Digest[] = [];
	let repository: string | undefined;
	let counted: {blobs: number; manifests: number} | undefined;

	return {
		line(text) {
			const line = text.trimEnd();
			const [, what, rest = ''] = /^(manifest|blob) eligible for deletion: (.+)$/.exec(line) ?? [];
			const [, name, digest = rest] = /^\{(\S+) (\S+) .*\}$/.exec(rest) ?? [];
			const [, blobCount, manifestCount] =
				/^\d+ blobs marked, (\d+) blobs and (\d+) manifests eligible for deletion$/.exec(line) ?? [];

			if (what === 'manifest' && isDigest(digest) && (name ?? repository) !== undefined) {
				manifests.push({repository: (name ?? repository)!, digest});
			} else if (what === 'blob' && isDigest(digest)) {
				blobs.push(digest);
			} else if (blobCount !== undefined) {
				counted = {blobs: Number(blobCount), manifests: Number(manifestCount)};
			} else if (/^[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/.test(line)) {
				repository = line;
			}
		},
		report: () => ({
			manifests,
			blobs,
			complete: counted !== undefined && counted.blobs === blobs.length && counted.manifests === manifests.length,
		}),
	};
}
