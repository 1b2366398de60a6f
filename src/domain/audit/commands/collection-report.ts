import {type Digest, isDigest} from '../../image/digest.ts';

/** What a rehearsed garbage collection says it would remove. */
export type CollectionReport = {
	/** Links of manifests, each in its repository. */
	manifests: {repository: string; digest: Digest}[];
	/** Data, for every repository. */
	blobs: Digest[];
	/** The last line came, and counts what came before it. */
	complete: boolean;
};

/**
 * Reads what `registry garbage-collect --dry-run` prints, line by line: a large registry says millions of lines.
 * @see distribution v2.8.3 registry/storage/garbagecollect.go: a repository's name stands alone before its manifests;
 * v3.0 prints `{name digest [tags]}` after all of them
 */
export function openCollectionReport(): {line(text: string): void; report(): CollectionReport} {
	const manifests: CollectionReport['manifests'] = [];
	const blobs: Digest[] = [];
	let repository: string | undefined;
	let counted: {blobs: number; manifests: number} | undefined;

	return {
		line(text) {
			const line = text.trimEnd();
			const [, what, rest = ''] = /^(manifest|blob) eligible for deletion: (.+)$/.exec(line) ?? [];
			const [, name, digest = rest] = /^\{(\S+) (\S+) .*\}$/.exec(rest) ?? [];
			const [, blobCount, manifestCount] =
				/^\d+ blobs marked, (\d+) blobs and (\d+) manifests eligible for deletion$/.exec(line) ?? [];

			if (what === 'manifest' && isDigest(digest) && (name ?? repository) !== undefined) {
				manifests.push({repository: (name ?? repository)!, digest});
			} else if (what === 'blob' && isDigest(digest)) {
				blobs.push(digest);
			} else if (blobCount !== undefined) {
				counted = {blobs: Number(blobCount), manifests: Number(manifestCount)};
			} else if (/^[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/.test(line)) {
				repository = line;
			}
		},
		report: () => ({
			manifests,
			blobs,
			complete: counted !== undefined && counted.blobs === blobs.length && counted.manifests === manifests.length,
		}),
	};
}
