import type {Link, StorageListing} from '../../domain/storage-listing.ts';
import {layerFolder, revisionFolder, tagFolder} from '../../domain/storage-paths.ts';
import type {Files} from './file-reader.ts';

/** A link whose content is wanted, and where to put it. */
export type LinkPlace = {path: string; put(link: Link | undefined): void; link: Link};

/** Some three seconds' work. In a larger store a link that has the right size is taken to be right. */
const mostReadInFull = 50_000;

/** All of them; in a large store those whose path does not say what they name, and those with the wrong size. */
export function linksToRead({repositories}: StorageListing): LinkPlace[] {
	const count = [...repositories.values()].reduce((sum, {revisions, layers}) => sum + revisions.size + layers.size, 0);
	const readsAll = count <= mostReadInFull;
	const places: LinkPlace[] = [];
	for (const [name, {tags, revisions, layers}] of repositories) {
		for (const [tag, {link}] of tags) {
			if (link !== undefined) {
				const put = (read: Link | undefined) =>
					void (read === undefined ? tags.delete(tag) : tags.set(tag, {link: read}));
				places.push({path: `./${tagFolder(name, tag)}/current/link`, put, link});
			}
		}

		for (const [map, folder] of [
			[revisions, revisionFolder],
			[layers, layerFolder],
		] as const) {
			for (const [digest, link] of map) {
				if (readsAll || link.size !== digest.length) {
					const put = (read: Link | undefined) =>
						void (read === undefined ? map.delete(digest) : map.set(digest, read));
					places.push({path: `./${folder(name, digest)}/link`, put, link});
				}
			}
		}
	}

	return places;
}

/** A link that is gone by now is left out; one that could not be opened keeps its size and is a gap already. */
export function takeLinks(listing: StorageListing, places: LinkPlace[], {links}: Files): void {
	for (const [at, {put, link}] of places.entries()) {
		const first = links[at];
		if (first !== undefined) {
			// The shell reads one line: what is missing at its end is a newline, or more than a link should hold.
			put({...link, content: first.length + 1 === link.size ? `${first}\n` : first});
		} else if (at < links.length && listing.gaps.length === 0) {
			put(undefined);
		}
	}
}
