import type {Reason} from '../error-codes.ts';
import {type Digest, isDigest} from '../image/digest.ts';
import type {CollectionDryRun} from './collection-dry-run.ts';

/** What a dry run of the garbage collection would remove. */
export type CollectionReport = {
	/** The links of manifests in their repositories. */
	manifests: {repository: string; digest: Digest}[];
	/** The data of all repositories. */
	blobs: Digest[];
	/** The last line was read, and its counts match the lines before it. */
	complete: boolean;
	failure?: CollectionFailure;
};

/**
 * Why a dry run ended early, in the words of the registry, and where. `mark`: a real run stops there too, before it removes
 * anything. `sweep`: a real run stops there after it has removed the links of manifests, and before it removes data. `start`:
 * it did not begin, or nobody knows.
 */
export type CollectionFailure = Reason & {stage: 'start' | 'mark' | 'sweep'};

/**
 * Reads the output of `registry garbage-collect --dry-run` line by line: a large registry prints millions.
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

const longestError = 500;

/**
 * @param command what was run there
 * @see distribution v2.8.3 registry/storage/garbagecollect.go, MarkAndSweep: mark; remove manifests; enumerate blobs; remove blobs
 */
export function collectionFailure(
	{exitCode, stderr}: {exitCode: number; stderr: string},
	{place, command}: {place: string; command: CollectionDryRun},
): CollectionFailure {
	// The program explains its usage after every error, and logs what it does.
	const [said = ''] = stderr.split(/^Usage:$/m);
	const words = said
		.split('\n')
		.filter(line => !/\blevel=(?:debug|info|warning)\b/.test(line))
		.join('\n')
		.trim()
		.slice(-longestError);
	return {
		code: 'audit.rehearsal-failed',
		message: `The dry garbage collection on ${place} failed with exit ${exitCode}: ${words || 'it printed no error'}`,
		hint: `Run it there by hand: ${command}`,
		stage: words.includes('failed to mark') ? 'mark' : words.includes('error enumerating blobs') ? 'sweep' : 'start',
	};
}
