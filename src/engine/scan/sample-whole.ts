import {asOperatorError} from '../../domain/errors.ts';
import {formatReference, type ImageReference} from '../../domain/image/reference.ts';
import {createUnservedTally, withTrouble} from '../../domain/image/unserved.ts';
import type {ImageCheck} from '../../domain/image/verdict.ts';
import type {Scan} from '../../domain/storage/findings/finding.ts';
import {tagTarget} from '../../domain/storage/listing/links.ts';
import type {PathState, StorageListing, TagListing} from '../../domain/storage/listing/listing.ts';
import {currentLink, manifestsFolder} from '../../domain/storage/listing/paths.ts';
import {count} from '../../domain/text/wording.ts';
import type {Storage} from '../ports/storage.ts';
import type {Waiting} from '../ports/waiting.ts';

/** The images that the disk shows whole, each by one of its tags. */
export function wholeImages({findings}: Scan, {repositories, taken}: StorageListing, host: string): ImageReference[] {
	const damaged = new Set(findings.flatMap(({repository, tags}) => tags.map(tag => `${repository}:${tag}`)));
	return [...repositories].flatMap(([repository, {tags}]) => {
		const byDigest = new Map<string, ImageReference>();
		for (const [tag, {link}] of tags) {
			const digest = tagTarget(link);
			const isSettled = link !== undefined && link.changed <= taken;
			if (digest !== undefined && isSettled && !damaged.has(`${repository}:${tag}`) && !byDigest.has(digest)) {
				byDigest.set(digest, {host, repository, tag});
			}
		}

		return [...byDigest.values()];
	});
}

/** So many of them, evenly spread: neighbours are often tags of one repository. */
export function spread<T>(items: readonly T[], most: number): T[] {
	const step = Math.max(1, items.length / most);
	return Array.from({length: Math.min(most, items.length)}, (_, n) => items[Math.floor(n * step)]!);
}

/**
 * The checks, where many unrelated parts that are not served are the storage's trouble, and that trouble as a gap; and the
 * sampled images of which HTTP did not say enough.
 * @param sampled references of images that the disk shows whole
 */
export function weighSample(
	checks: readonly ImageCheck[],
	sampled: ReadonlySet<string>,
): {checks: ImageCheck[]; gaps: string[]; trouble?: string} {
	const tally = createUnservedTally();
	for (const check of checks) {
		tally.add(check);
	}

	const trouble = tally.trouble();
	const weighed = trouble === undefined ? [...checks] : checks.map(check => withTrouble(check, trouble));
	const unknown = weighed.filter(({reference, verdict}) => verdict === 'unknown' && sampled.has(reference));
	// Said once: the others are unknown for the same reason.
	const byReason = Map.groupBy(unknown, ({unchecked}) => unchecked[0]?.code);
	return {
		...(trouble !== undefined && {trouble: trouble.message}),
		checks: weighed,
		gaps: [
			...(trouble === undefined ? [] : [trouble.message]),
			...[...byReason]
				.filter(([code]) => code !== trouble?.code)
				.map(([, [first, ...others]]) => {
					const more = others.length === 0 ? '' : ` and ${count(others.length, 'other')}`;
					return `${first!.reference}${more}: whole on the disk, not known over HTTP: ${first!.unchecked[0]?.message}`;
				}),
		],
	};
}

/** What the registry does not know at all, and its disk has whole. */
export function sayUnlisted(reference: ImageReference): string {
	return `${formatReference(reference)} is whole on the disk, and the registry does not have it: it was removed since, or the answer came from elsewhere`;
}

/**
 * Whether an image that the disk had whole may be there still. One whose only tag was removed since, from a repository that is
 * there, is no difference. Where another tag names it, it was not asked for under that.
 */
export async function stillOnDisk(
	references: readonly ImageReference[],
	{storage, listing, signal}: Waiting & {storage: Pick<Storage, 'recheck'>; listing: StorageListing},
): Promise<(reference: ImageReference) => boolean> {
	const folderOf = ({repository}: ImageReference) => manifestsFolder(repository);
	const linkOf = ({repository, tag}: ImageReference) => currentLink(repository, tag ?? '');
	const only = references.filter(({repository, tag}) => {
		const tags = listing.repositories.get(repository)?.tags ?? new Map<string, TagListing>();
		const digest = tag === undefined ? undefined : tagTarget(tags.get(tag)?.link);
		return digest !== undefined && [...tags.values()].filter(({link}) => tagTarget(link) === digest).length === 1;
	});
	const paths = [...new Set(only.flatMap(each => [linkOf(each), folderOf(each)]))];
	const states =
		paths.length === 0
			? new Map<string, PathState>()
			: await storage.recheck(paths, {signal}).catch(error => {
					signal.throwIfAborted();
					asOperatorError(error);
					return new Map<string, PathState>();
				});
	return reference =>
		states.get(linkOf(reference))?.state !== 'gone' || states.get(folderOf(reference))?.state !== 'there';
}
