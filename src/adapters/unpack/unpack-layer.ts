import {createHash} from 'node:crypto';
import {type Digest, type DigestAlgorithm, parseDigest} from '../../domain/image/digest.ts';
import {
	bytesThatTell,
	type Compression,
	saidCompression,
	shownCompression,
} from '../../domain/image/layer/compression.ts';
import {createTarWalk} from '../../domain/image/layer/tar/walk.ts';
import {linksWithin} from '../../domain/image/layer/tree/links.ts';
import {createRecordWriter} from '../../domain/image/layer/tree/record.ts';
import type {UnpackedLayer} from '../../domain/image/layer/unpacked.ts';
import {createDecompression, type Decompression} from './decompress.ts';

export type LayerToUnpack = {mediaType?: string; algorithm: DigestAlgorithm};

export type UnpackingLayer = ReturnType<typeof createUnpackingLayer>;

/** Unpacks one layer, piece by piece, in the thread that calls it. Each call waits for the one before. */
export function createUnpackingLayer({mediaType, algorithm}: LayerToUnpack) {
	const compressedHash = createHash(algorithm);
	const contentHash = createHash('sha256');
	const record = createRecordWriter();
	const walk = createTarWalk(record.add);
	let size = 0;
	let start = Buffer.alloc(0);
	let compression: Compression = 'none';
	let decompression: Decompression | undefined;
	let fault: string | undefined;

	function open(): Decompression {
		const shown = shownCompression(start);
		const isPlain = mediaType !== undefined && saidCompression(mediaType) === 'none';
		compression = isPlain ? 'none' : shown;
		return createDecompression(compression, bytes => {
			contentHash.update(bytes);
			fault ??= walk.write(bytes);
		});
	}

	async function decompress(chunk: Uint8Array): Promise<void> {
		if (fault !== undefined) {
			return;
		}

		if (decompression !== undefined) {
			fault ??= await decompression.write(chunk);
			return;
		}

		start = Buffer.concat([start, chunk]);
		if (start.length >= bytesThatTell) {
			decompression = open();
			fault ??= await decompression.write(start);
		}
	}

	async function finish(): Promise<void> {
		if (decompression === undefined) {
			decompression = open();
			fault ??= start.length > 0 ? await decompression.write(start) : undefined;
		}

		fault ??= await decompression.end();
		fault ??= walk.end();
	}

	return {
		async write(chunk: Uint8Array): Promise<void> {
			size += chunk.length;
			compressedHash.update(chunk);
			await decompress(chunk);
		},

		async end(): Promise<UnpackedLayer> {
			if (fault === undefined) {
				await finish();
			}

			decompression?.close();
			const came = {digest: digestOf(algorithm, compressedHash.digest('hex')), size};
			const entries = record.record();
			const {fault: linkFault, ...links} = entries === undefined || fault !== undefined ? {} : linksWithin(entries);
			const reason = fault === undefined ? linkFault : explain(fault);
			return reason === undefined
				? {
						...came,
						ok: true,
						diffId: digestOf('sha256', contentHash.digest('hex')),
						compression,
						contents: {
							entries: walk.entries(),
							...links,
							...(entries === undefined ? {} : {record: entries}),
						},
					}
				: {...came, ok: false, reason};
		},

		close(): void {
			fault ??= 'it was closed';
			decompression?.close();
		},
	};

	/** Compressed bytes are no tar archive: why they were taken for one. */
	function explain(reason: string): string {
		const shown = shownCompression(start);
		return compression === 'none' && shown !== 'none' && walk.entries() === 0
			? `it is ${shown} data, and its media type ${mediaType} says that it is not compressed`
			: reason;
	}
}

function digestOf(algorithm: DigestAlgorithm, hex: string): Digest {
	return parseDigest(`${algorithm}:${hex}`);
}
