import type {DamagedImage} from '../damage/damaged-image.ts';
import {defined} from '../defined.ts';
import type {Digest} from '../image/digest.ts';
import type {Finding} from '../storage/findings/finding.ts';
import {parentFolder, readStorageFolder} from '../storage/listing/paths.ts';
import {titleOf} from './row-title.ts';

/** Data that is there and wrong, which no push replaces: once for each digest, with all the images that use it. */
export type BadData = {
	digest: Digest;
	/** Bytes on the disk. */
	size: number;
	/** The ids of the damaged images. */
	images: string[];
	/** The same for people, and what no tag names any more. */
	names: string[];
	/** Those that link it. */
	repositories: string[];
};

/** @param leftovers the findings of images that no tag names @param sizeOf bytes on the disk */
export function badDataOf(
	rows: readonly {image: DamagedImage; findings: readonly Finding[]}[],
	leftovers: readonly Finding[],
	sizeOf: (digest: Digest) => number | undefined,
): BadData[] {
	const found = new Map<Digest, BadData>();
	const add = (finding: Finding, name: string, id?: string) => {
		for (const digest of badIn(finding)) {
			const size = sizeOf(digest);
			if (size === undefined) {
				continue;
			}

			const known = found.get(digest) ?? {digest, size, images: [], names: [], repositories: []};
			found.set(digest, known);
			known.images.push(...(id === undefined || known.images.includes(id) ? [] : [id]));
			known.names.push(...(known.names.includes(name) ? [] : [name]));
			known.repositories.push(...(known.repositories.includes(finding.repository) ? [] : [finding.repository]));
		}
	};
	for (const {image, findings} of rows) {
		for (const finding of findings) {
			add(finding, titleOf(image), image.id);
		}
	}

	for (const finding of leftovers) {
		const {repository, via, digest} = finding;
		add(finding, titleOf({repository, tags: [], ...defined({digest: via[0] ?? digest})}));
	}

	return [...found.values()]
		.filter(({images}) => images.length > 0)
		.map(each => ({...each, names: each.names.sort(), repositories: each.repositories.sort()}))
		.sort((one, other) => (one.digest < other.digest ? -1 : 1));
}

/** The bad data that a finding is about. What is in the way of a link is no data. */
export function badIn({aside = []}: Finding): Digest[] {
	return aside.flatMap(({path, is}) => {
		const at = is === 'damaged-data' ? readStorageFolder(parentFolder(path)) : undefined;
		return at?.kind === 'blob' ? [at.digest] : [];
	});
}
