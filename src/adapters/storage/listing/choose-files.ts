import type {Digest} from '../../../domain/image/digest.ts';
import {parseManifest} from '../../../domain/image/manifest.ts';
import {roleOfChild} from '../../../domain/image/media-type.ts';
import {tagTarget} from '../../../domain/storage/listing/links.ts';
import type {Link, StorageListing, TagListing} from '../../../domain/storage/listing/listing.ts';
import {currentLink, layerLink, revisionLink} from '../../../domain/storage/listing/paths.ts';
import {owned} from './folders.ts';

/** A link whose content is wanted, and where to put it; undefined: the link is gone. */
export type WantedLink = {path: string; link: Link; put(link: Link | undefined): void};

/** A few seconds of reading, and the most that is read in a larger store beside tags and odd sizes. */
const mostInFull = 100_000;
/** A longer file is no link, whatever it holds. */
const longestRead = 4096;

/**
 * All links; in a large store only those of tags, those of an odd size, and those that were written again after they
 * were created. Any other link of the right size is assumed to hold its own digest.
 */
export function linksToRead(
	{repositories}: StorageListing,
	{rewritten, everyLink}: {rewritten: ReadonlySet<Link>; everyLink: boolean},
): {links: WantedLink[]; takenBySize: number} {
	const count = [...repositories.values()].reduce((sum, {revisions, layers}) => sum + revisions.size + layers.size, 0);
	const readsAll = everyLink || count <= mostInFull;
	const links: WantedLink[] = [];
	let left = mostInFull;
	let takenBySize = 0;

	for (const [name, {tags}] of repositories) {
		for (const [tag, {link}] of tags) {
			if (link !== undefined) {
				want(currentLink(name, tag), link, putTag(tags, tag));
			}
		}
	}

	for (const [area, pathOf] of [['revisions', revisionLink] as const, ['layers', layerLink] as const]) {
		for (const [name, {[area]: linksOf}] of repositories) {
			for (const [digest, link] of linksOf) {
				if (readsAll || link.size !== digest.length || (rewritten.has(link) && left-- > 0)) {
					want(pathOf(name, digest), link, putIn(linksOf, digest));
				} else {
					takenBySize++;
				}
			}
		}
	}

	return {links, takenBySize};

	function want(path: string, link: Link, put: (link: Link | undefined) => void): void {
		if (link.size === 0) {
			put({...link, content: ''});
		} else if (link.size <= longestRead) {
			links.push({path, link, put});
		}
	}
}

function putTag(tags: Map<string, TagListing>, tag: string): (link: Link | undefined) => void {
	return link => {
		if (link === undefined) {
			tags.delete(tag);
		} else {
			const read = link.content === undefined ? link : {...link, content: owned(link.content)};
			tags.set(tag, {...tags.get(tag), link: read});
		}
	};
}

function putIn(links: Map<Digest, Link>, digest: Digest): (link: Link | undefined) => void {
	return link => {
		if (link === undefined) {
			links.delete(digest);
		} else {
			// The digest that is kept already, not another copy of the same text.
			links.set(digest, link.content === digest ? {...link, content: digest} : link);
		}
	};
}

/** A blob without a layer link is nearly always a manifest; the others are what a garbage collection would delete. */
const mostGuesses = 20_000;
const largestGuess = 256 * 1024;
const mostBytes = 128 * 1024 * 1024;

/**
 * Revisions, and small blobs that no repository holds as a layer: the unlinked child of an index, or all that is left of a
 * repository whose folder was deleted. `leftUnread`: the largest of those, where there are too many to read.
 */
export function likelyManifests({repositories, blobs}: StorageListing): {likely: Digest[]; leftUnread: Digest[]} {
	const revisions = new Set<Digest>();
	const layers = new Set<Digest>();
	for (const repository of repositories.values()) {
		for (const digest of repository.revisions.keys()) {
			revisions.add(digest);
		}

		for (const digest of repository.layers.keys()) {
			layers.add(digest);
		}
	}

	const guesses: Digest[] = [];
	for (const [digest, {size}] of blobs) {
		if (size <= largestGuess && !layers.has(digest) && !revisions.has(digest)) {
			guesses.push(digest);
		}
	}

	// Manifests are smaller than configs, and those smaller than most layers.
	guesses.sort((a, b) => blobs.get(a)!.size - blobs.get(b)!.size);
	let bytes = 0;
	let read = 0;
	while (read < Math.min(guesses.length, mostGuesses) && bytes <= mostBytes) {
		bytes += blobs.get(guesses[read]!)!.size;
		read++;
	}

	return {
		likely: [...revisions, ...guesses.slice(0, read)].filter(digest => blobs.has(digest)),
		leftUnread: guesses.slice(read),
	};
}

/** Every digest that a tag, a revision or an index references as a manifest. */
export function referencedManifests({repositories, manifests}: StorageListing): Set<Digest> {
	const referenced = new Set<Digest>();
	for (const {tags, revisions} of repositories.values()) {
		for (const {link} of tags.values()) {
			const digest = tagTarget(link);
			if (digest !== undefined) {
				referenced.add(digest);
			}
		}

		for (const digest of revisions.keys()) {
			referenced.add(digest);
		}
	}

	for (const manifest of manifests.values()) {
		for (const child of manifest.ok ? childrenIn(manifest.text) : []) {
			referenced.add(child);
		}
	}

	return referenced;
}

function childrenIn(text: string): Digest[] {
	// Only an index holds this word, so most manifests need not be parsed here.
	const parsed = text.includes('"manifests"') ? parseManifest(text) : undefined;
	const children = parsed?.ok && parsed.manifest.kind === 'index' ? parsed.manifest.children : [];
	// The index of a build cache names blobs: no manifest is lost where those are not read.
	return children.filter(child => roleOfChild(child) === 'manifest').map(({digest}) => digest);
}
