import type {Digest} from '../../../domain/image/digest.ts';
import type {Link, StorageListing} from '../../../domain/storage/listing/listing.ts';
import {currentLink, layerLink, revisionLink} from '../../../domain/storage/listing/paths.ts';
import {owned} from './places.ts';

/** A link whose content is wanted, and where to put it; undefined: it is gone. */
export type LinkPlace = {path: string; link: Link; put(link: Link | undefined): void};

/** Some second's work, and the most that is read in a larger store beside tags and odd sizes. */
const mostInFull = 100_000;
/** What is longer than this is no link, whatever it says. */
const longestRead = 4096;

/**
 * All of them. In a large store those of tags, those with an odd size, and those that were written again after they had
 * been made; any other of the right size is taken to be right.
 */
export function linksToRead(
	{repositories}: StorageListing,
	{rewritten, everyLink}: {rewritten: ReadonlySet<Link>; everyLink: boolean},
): {places: LinkPlace[] /** How many were not looked into. */; taken: number} {
	const count = [...repositories.values()].reduce((sum, {revisions, layers}) => sum + revisions.size + layers.size, 0);
	const readsAll = everyLink || count <= mostInFull;
	const places: LinkPlace[] = [];
	let left = mostInFull;
	let taken = 0;

	for (const [name, {tags}] of repositories) {
		for (const [tag, {link}] of tags) {
			if (link !== undefined) {
				want(currentLink(name, tag), link, putTag(tags, tag));
			}
		}
	}

	for (const [area, pathOf] of [['revisions', revisionLink] as const, ['layers', layerLink] as const]) {
		for (const [name, {[area]: links}] of repositories) {
			for (const [digest, link] of links) {
				if (readsAll || link.size !== digest.length || (rewritten.has(link) && left-- > 0)) {
					want(pathOf(name, digest), link, putIn(links, digest));
				} else {
					taken++;
				}
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
