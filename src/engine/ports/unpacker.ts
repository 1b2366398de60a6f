import type {Digest} from '../../domain/image/digest.ts';
import type {UnpackedLayer} from '../../domain/image/layer/unpacked.ts';

/** Unpacks layers as containerd does, several at once, in bounded memory. Nothing of them is written to a disk. */
export type Unpacker = {
	/** @param layer its media type, and the digest whose algorithm its bytes are hashed with */
	open(layer: {mediaType?: string; digest: Digest}): LayerUnpacking;
	/** Abandons what is still open. */
	close(): Promise<void>;
};

export type LayerUnpacking = {
	/** The next bytes, which are copied. Where it returns a promise, the next call waits for it. */
	write(chunk: Uint8Array): void | Promise<void>;
	/** The download begins anew: what was written is dropped. */
	restart(): void;
	/** All bytes were written. */
	end(): Promise<UnpackedLayer>;
	/** Not wanted any more. */
	close(): void;
};
