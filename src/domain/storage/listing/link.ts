import {type Digest, isDigest} from '../../image/digest.ts';
import type {Link} from './listing.ts';

/** A link is exactly its digest, without a newline. Where only the size was looked at, the size decides. */
export function linkHolds({size, content}: Link, digest: Digest): boolean {
	return size === digest.length && (content === undefined || content === digest);
}

/** What a link holds instead. */
export function linkTrouble({size, content}: Link): string {
	if (size === 0) {
		return 'is empty';
	}

	if (content === undefined) {
		return `has ${size} bytes, which no digest has`;
	}

	if (isDigest(content)) {
		return `names another digest, ${content}`;
	}

	return isDigest(content.trim()) ? 'has more than its digest in it: a newline, or a space' : 'does not hold a digest';
}

/** What a tag's link names, if it names something. */
export function tagTarget(link: Link | undefined): Digest | undefined {
	const {content, size} = link ?? {};
	return content !== undefined && size === content.length && isDigest(content) ? content : undefined;
}

/** Of this size it may well be whole, although it could not be read. */
export function mayBeWhole({size}: Link): boolean {
	return size === 'sha256:'.length + 64 || size === 'sha512:'.length + 128;
}
