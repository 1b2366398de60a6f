import type {Scan} from '../storage/findings/finding.ts';
import type {StorageListing} from '../storage/listing/listing.ts';

/** Tags of the same repository that name another, undamaged image: the most recently written first. */
export function siblingsOf(listing: StorageListing, scan: Scan, repository: string, tag: string): string[] {
	const tags =
		listing.repositories.get(repository)?.tags ?? new Map<string, {link?: {changed: number; content?: string}}>();
	const broken = new Set(
		scan.findings.filter(finding => finding.repository === repository).flatMap(finding => finding.tags),
	);
	const own = tags.get(tag)?.link?.content;

	return [...tags]
		.filter(
			([name, {link}]) => name !== tag && !broken.has(name) && link?.content !== undefined && link.content !== own,
		)
		.sort(([, a], [, b]) => (b.link?.changed ?? 0) - (a.link?.changed ?? 0))
		.map(([name]) => name);
}
