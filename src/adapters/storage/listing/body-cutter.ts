import {createHash} from 'node:crypto';
import {type Digest, digestAlgorithm} from '../../../domain/image/digest.ts';
import {blobData, readStorageFolder} from '../../../domain/storage/listing/paths.ts';

/** A blob as head printed it; `bytes` only where they prove themselves. */
export type CutBody = {digest: Digest; bytes?: Uint8Array};

export type BodyCutter = {
	push(chunk: Uint8Array): void;
	/** All has come. Where it was cut off, the body that was on its way proves nothing. */
	finish(wasCut: boolean): void;
};

const opening = Buffer.from('==> ');
const closing = Buffer.from(' <==\n');
const between = Buffer.from('\n==> ');
const longestName = 256;

export function blobFile(digest: Digest): string {
	return `./${blobData(digest)}`;
}

/**
 * head names each file: `==> path <==`, its bytes, a newline before the next. A body is taken by its listed size and
 * proven by its digest; where that does not fit, the next name decides, so one damaged file does not hide the others.
 * @param wanted the blobs asked for, with their size as listed
 */
export function openBodyCutter(wanted: ReadonlyMap<Digest, number>, onBody: (body: CutBody) => void): BodyCutter {
	let chunks: Uint8Array[] = [];
	let held: Buffer = Buffer.alloc(0);
	let pending = 0;
	/** How much has to be there before it is worth another look. */
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

	/** @returns how many bytes are done with; 0: more must come first */
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
		if (hashOf(bytes, digest) === digest) {
			onBody({digest, bytes});
			return end - at;
		}

		const used = skipTo(start - 1, at, isLast);
		if (used > 0) {
			onBody({digest});
		}

		return used;
	}

	/** To the next name, wherever it is; the end of what is there may be the beginning of one. */
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
	const what = readStorageFolder(file.slice('./'.length, -'/data'.length));
	return what?.kind === 'blob' && blobFile(what.digest) === file ? what.digest : undefined;
}

export function hashOf(bytes: Uint8Array, digest: Digest): string {
	const algorithm = digestAlgorithm(digest);
	return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}
