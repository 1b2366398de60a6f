import type {Digest} from '../digest.ts';
import type {Compression} from './compression.ts';

/**
 * What a layer is when it is unpacked. `digest` and `size` are of the bytes that came, also where they cannot be unpacked: a
 * digest other than the descriptor's means that the bytes are damaged, and `reason` follows from that.
 */
export type UnpackedLayer = {digest: Digest; size: number} & (
	| {
			ok: true;
			/** sha256 of the uncompressed bytes, as in `rootfs.diff_ids`. */
			diffId: Digest;
			compression: Compression;
			contents: LayerContents;
	  }
	/** Why containerd cannot unpack it, in a few words: `its gzip data is cut off`. */
	| {ok: false; reason: string}
);

/** What a layer does to the files below it. @see linksAcross */
export type LayerContents = {
	entries: number;
	/** The first hard link whose target this layer does not hold itself: `"b" is a hard link to "a"`. Undefined: there is none. */
	openLink?: string;
	/** Its entries, compact. Undefined: they were too many to keep, and hard links into this layer are not checked. */
	record?: Uint8Array;
};
