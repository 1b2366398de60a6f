import type {Digest} from '../../../domain/image/digest.ts';
import {readStorageFolder} from '../../../domain/storage/listing/paths.ts';
import {blobFile, matchesDigest} from '../blobs/read-blob.ts';

/** A blob as head printed it; `bytes` only where they match the digest. */
export type HeadBlob = {digest: Digest; bytes?: Uint8Array};

type HeadReader = {
	push(chunk: Uint8Array): void;
	/** To be called when all output has arrived. Where it was cut, the blob at the cut proves nothing. */
	finish(wasCut: boolean): void;
};

const opening = Buffer.from('==> ');
const closing = Buffer.from(' <==\n');
const between = Buffer.from('\n==> ');
const longestName = 256;

/**
 * Reads what head prints of several files: `==> path <==`, the bytes, a newline before the next. A blob is cut by its
 * listed size and proven by its digest. Where they do not match, the reader skips to the next path, so that one damaged
 * file does not hide the others.
 * @param wanted the blobs asked for, with their size as listed
 */
export function openHeadReader(wanted: ReadonlyMap<Digest, number>, onBlob: (blob: HeadBlob) => void): HeadReader {
	let chunks: Uint8Array[] = [];
	let held: Buffer = Buffer.alloc(0);
	let pending = 0;
	/** How many bytes the next step needs. */
	let enough = 1;

	return {
		push(chunk) {
			chunks.push(chunk);
			pending += chunk.length;
			if (held.length + pending >= enough) {
				gather();
				cut(false);
			}
		},
		finish(wasCut) {
			gather();
			if (!wasCut) {
				cut(true);
			}
		},
	};

	function gather(): void {
		held = Buffer.concat([held, ...chunks]);
		chunks = [];
		pending = 0;
	}

	function cut(isLast: boolean): void {
		let at = 0;
		while (at < held.length) {
			const used = cutOne(at, isLast);
			if (used === 0) {
				break;
			}

			at += used;
		}

		held = held.subarray(at);
		enough = Math.max(enough, held.length + 1);
	}

	/** @returns how many bytes were used; 0: more are needed */
	function cutOne(at: number, isLast: boolean): number {
		enough = 1;
		const nameEnd = held.subarray(at, at + longestName).indexOf(closing);
		const digest = held.subarray(at, at + opening.length).equals(opening)
			? digestOf(held.toString('latin1', at + opening.length, at + Math.max(nameEnd, 0)))
			: undefined;

		if (nameEnd === -1 && !isLast && held.length - at < longestName) {
			return 0;
		}

		if (digest === undefined || !wanted.has(digest)) {
			return skipTo(at + 1, at, isLast);
		}

		const start = at + nameEnd + closing.length;
		const end = start + wanted.get(digest)!;
		if (held.length < end && !isLast) {
			enough = end - at;
			return 0;
		}

		const bytes = held.subarray(start, end);
		if (matchesDigest(bytes, digest)) {
			onBlob({digest, bytes});
			return end - at;
		}

		const used = skipTo(start - 1, at, isLast);
		if (used > 0) {
			onBlob({digest});
		}

		return used;
	}

	/** Skips to the next path. The last bytes may be the beginning of one, so they are held back. */
	function skipTo(from: number, at: number, isLast: boolean): number {
		if (held.subarray(from, from + opening.length).equals(opening)) {
			return from - at;
		}

		const next = held.indexOf(between, Math.max(at, from - 1));
		if (next !== -1) {
			return next + 1 - at;
		}

		return isLast ? held.length - at : 0;
	}
}

function digestOf(file: string): Digest | undefined {
	const folder = readStorageFolder(file.slice('./'.length, -'/data'.length));
	return folder?.kind === 'blob' && blobFile(folder.digest) === file ? folder.digest : undefined;
}
