import type {Digest} from '../../../domain/image/digest.ts';
import {roleOfChild} from '../../../domain/image/media-type.ts';
import {tagTarget} from '../../../domain/storage/listing/links.ts';
import type {Link, StorageListing} from '../../../domain/storage/listing/listing.ts';
import {currentLink, layerLink, revisionLink} from '../../../domain/storage/listing/paths.ts';
import {owned} from './folders.ts';
import type {ParsedManifests} from './parsed-manifests.ts';
import {taggedAs} from './single-entry.ts';

/**
 * A link whose content is wanted. `key`: of a tag, or of a revision or a layer. Its path is made when it is needed: of a large
 * store these are hundreds of thousands.
 */
export type WantedLink = {area: 'tags' | 'revisions' | 'layers'; repository: string; key: string; link: Link};

export function pathOfLink({area, repository, key}: WantedLink): string {
	const pathOf = {tags: currentLink, revisions: revisionLink, layers: layerLink}[area];
	return pathOf(repository, key as Digest);
}

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
				want({area: 'tags', repository: name, key: tag, link});
			}
		}
	}

	for (const area of ['revisions', 'layers'] as const) {
		for (const [name, {[area]: linksOf}] of repositories) {
			for (const [digest, link] of linksOf) {
				if (readsAll || link.size !== digest.length || (rewritten.has(link) && left-- > 0)) {
					want({area, repository: name, key: digest, link});
				} else {
					takenBySize++;
				}
			}
		}
	}

	return {links, takenBySize};

	function want(wanted: WantedLink): void {
		const {link} = wanted;
		if (link.size === 0) {
			link.content = '';
		} else if (link.size <= longestRead) {
			links.push(wanted);
		}
	}
}

/** Puts a link, as it was read, into its place; undefined: the link is gone. */
export type PutLink = (wanted: WantedLink, link: Link | undefined) => void;

export function openPlaces({repositories}: StorageListing): PutLink {
	/** Many tags name one digest: its text is kept once. */
	const known = new Map<string, string>();

	return ({area, repository, key}, link) => {
		const listing = repositories.get(repository)!;
		if (link === undefined) {
			listing[area].delete(key as Digest);
			return;
		}

		// Written out: an object that grows after it was made takes twice the memory.
		const {size, changed, content} = link;
		const read = content === undefined ? {size, changed} : {size, changed, content: kept(content, key)};
		if (area === 'tags') {
			listing.tags.set(key, taggedAs(read, listing.tags.get(key)?.history));
		} else {
			listing[area].set(key as Digest, read);
		}
	};

	function kept(content: string, key: string): string {
		let text = content === key ? key : known.get(content);
		if (text === undefined) {
			text = owned(content);
			known.set(text, text);
		}

		return text;
	}
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
export function referencedManifests({repositories, manifests}: StorageListing, parsed: ParsedManifests): Set<Digest> {
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

	for (const [digest, body] of manifests) {
		// Only an index holds this word, so what is no manifest is not parsed here.
		const found = body.ok && body.text.includes('"manifests"') ? parsed.get(digest) : undefined;
		const children = found?.ok && found.manifest.kind === 'index' ? found.manifest.children : [];
		for (const child of children) {
			// The index of a build cache names blobs: no manifest is lost where those are not read.
			if (roleOfChild(child) === 'manifest') {
				referenced.add(child.digest);
			}
		}
	}

	return referenced;
}
