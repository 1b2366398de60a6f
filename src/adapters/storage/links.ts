import type {Digest} from '../../domain/digest.ts';
import type {Link, StorageListing} from '../../domain/storage-listing.ts';
import {currentLink, layerLink, revisionLink} from '../../domain/storage-paths.ts';
import {owned} from './places.ts';

/** A link whose content is wanted, and where to put it; undefined: it is gone. */
export type LinkPlace = {path: string; link: Link; put(link: Link | undefined): void};

/** Some second's work. Beyond that, a layer link of the right size is taken to be right. */
const mostLayersInFull = 100_000;
/** What is longer than this is no link, whatever it says. */
const longestRead = 4096;

/** All of them; in a large store those of tags and revisions, and those with an odd size. */
export function linksToRead(
	{repositories}: StorageListing,
	everyLink: boolean,
): {places: LinkPlace[] /** How many were not looked into. */; taken: number} {
	const layerCount = [...repositories.values()].reduce((sum, {layers}) => sum + layers.size, 0);
	const readsLayers = everyLink || layerCount <= mostLayersInFull;
	const places: LinkPlace[] = [];
	let taken = 0;

	for (const [name, {tags, revisions, layers}] of repositories) {
		for (const [tag, {link}] of tags) {
			if (link !== undefined) {
				want(currentLink(name, tag), link, putTag(tags, tag));
			}
		}

		for (const [digest, link] of revisions) {
			want(revisionLink(name, digest), link, putIn(revisions, digest));
		}

		for (const [digest, link] of layers) {
			if (readsLayers || link.size !== digest.length) {
				want(layerLink(name, digest), link, putIn(layers, digest));
			} else {
				taken++;
			}
		}
	}

	return {places, taken};

	function want(path: string, link: Link, put: (link: Link | undefined) => void): void {
		if (link.size === 0) {
			put({...link, content: ''});
		} else if (link.size <= longestRead) {
			places.push({path, link, put});
		}
	}
}

function putTag(tags: Map<string, {link?: Link}>, tag: string): (link: Link | undefined) => void {
	return link => {
		if (link === undefined) {
			tags.delete(tag);
		} else {
			tags.set(tag, {link: link.content === undefined ? link : {...link, content: owned(link.content)}});
		}
	};
}

function putIn(links: Map<Digest, Link>, digest: Digest): (link: Link | undefined) => void {
	return link => {
		if (link === undefined) {
			links.delete(digest);
		} else {
			links.set(digest, link.content === digest ? {...link, content: digest} : link);
		}
	};
}
