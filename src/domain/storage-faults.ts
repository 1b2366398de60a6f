import type {Digest} from './digest.ts';
import type {FaultKind} from './fault.ts';
import type {Finding} from './finding.ts';
import type {RemedyKind} from './remedy.ts';
import type {StorageListing} from './storage-listing.ts';
import {blobFolder, layerFolder, parentFolder, revisionFolder} from './storage-paths.ts';

/** One fault on the way down from a tag, before the tags that share it are put together. */
export type StorageFault = {
	kind: FaultKind;
	digest?: Digest;
	via: Digest[];
	platform?: string;
	missing?: Digest[];
	/** Seconds since 1970. */
	since?: number;
	detail: string;
};

/** A dangling tag is re-pointed or removed, which depends on its siblings; everything else follows from its kind. */
const remedies: Record<FaultKind, RemedyKind> = {
	'tag-dangling': 'remove-tag',
	'child-unlinked': 'relink',
	'child-swept': 'rebuild',
	'child-missing': 'rebuild',
	'manifest-unreadable': 'rebuild',
	'config-missing': 'rebuild',
	'layer-missing': 'rebuild',
	'layer-unlinked': 'relink',
	'blob-empty': 'rebuild',
	'blob-truncated': 'rebuild',
	'blob-corrupt': 'rebuild',
	'link-malformed': 'relink',
	'answers-differ': 'restart',
};

/** Puts faults together: once per repository and digest, with all the tags that reach it. */
export class FindingList {
	readonly #findings = new Map<string, Finding>();

	add(repository: string, tags: readonly string[], fault: StorageFault): void {
		const key = `${repository}\n${fault.digest ?? `tag ${tags.join()}`}`;
		const before = this.#findings.get(key);
		// A dangling tag that names a child of an index: to mend the child is to mend the tag.
		const first = before === undefined || (before.kind === 'tag-dangling' && fault.kind !== 'tag-dangling');
		const all = [...new Set([...(before?.tags ?? []), ...tags])].sort();
		this.#findings.set(key, first ? findingOf(repository, all, fault) : {...before, tags: all});
	}

	/** @param hasIntactTag whether a dangling tag of this repository could be pointed at something whole */
	all(hasIntactTag: (repository: string) => boolean): Finding[] {
		return [...this.#findings.values()]
			.map(finding =>
				finding.kind === 'tag-dangling' && hasIntactTag(finding.repository)
					? {...finding, remedy: 're-point' as const}
					: finding,
			)
			.sort((a, b) => compare(a.repository, b.repository) || compare(a.tags[0] ?? '~', b.tags[0] ?? '~'));
	}
}

function findingOf(repository: string, tags: string[], fault: StorageFault): Finding {
	const {kind, digest, via, platform, missing = [], since, detail} = fault;
	return {
		kind,
		repository,
		...(digest === undefined ? {} : {digest}),
		tags,
		via,
		...(platform === undefined ? {} : {platform}),
		missing,
		remedy: remedies[kind],
		...(since === undefined ? {} : {since: isoTime(since)}),
		detail,
	};
}

/** When a revision link went away: its own folder if that is still there, else the one it was in. */
export function revisionChanged(listing: StorageListing, repository: string, digest: Digest): number | undefined {
	return folderChanged(listing, revisionFolder(repository, digest));
}

export function layerLinkChanged(listing: StorageListing, repository: string, digest: Digest): number | undefined {
	return folderChanged(listing, layerFolder(repository, digest));
}

export function dataChanged(listing: StorageListing, digest: Digest): number | undefined {
	return listing.blobs.get(digest)?.changed ?? folderChanged(listing, blobFolder(digest));
}

/** A folder's time changes when something in it is made or removed, so a removal shows on the nearest one left. */
export function folderChanged({folders}: StorageListing, folder: string): number | undefined {
	for (let path = folder; path !== ''; path = parentFolder(path)) {
		const changed = folders?.get(path);
		if (changed !== undefined) {
			return changed;
		}
	}

	return undefined;
}

function isoTime(seconds: number): string {
	return new Date(Math.floor(seconds) * 1000).toISOString().replace('.000Z', 'Z');
}

function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
