import {type Digest, isDigest} from '../../image/digest.ts';
import type {Link, StorageListing} from './listing.ts';

/** A link is exactly its digest, without a newline. Where its content was not read, its size decides. */
export function linkHolds({size, content}: Link, digest: Digest): boolean {
	return size === digest.length && (content === undefined || content === digest);
}

/** What is wrong with a link that does not hold its digest. */
export function linkDamage({size, content}: Link): string {
	if (size === 0) {
		return 'is empty';
	}

	if (content === undefined) {
		return `has ${size} bytes, which no digest has`;
	}

	if (isDigest(content)) {
		return `names another digest, ${content}`;
	}

	return isDigest(content.trim()) ? 'has more than its digest in it: a newline or a space' : 'does not hold a digest';
}

/** The digest in the link of a tag, if it holds one. */
export function tagTarget(link: Link | undefined): Digest | undefined {
	const {content, size} = link ?? {};
	return content !== undefined && size === content.length && isDigest(content) ? content : undefined;
}

/** The size is that of a digest: the link may be whole, although it could not be read. */
export function mayBeWhole({size}: Link): boolean {
	return size === 'sha256:'.length + 64 || size === 'sha512:'.length + 128;
}

/** Entries in the history of tags whose manifest is gone, as every garbage collection with `-m` leaves them. */
export function danglingHistory({repositories}: StorageListing): number {
	let dangling = 0;
	for (const {tags, revisions} of repositories.values()) {
		for (const {history} of tags.values()) {
			for (const digest of history?.keys() ?? []) {
				dangling += revisions.has(digest) ? 0 : 1;
			}
		}
	}

	return dangling;
}
