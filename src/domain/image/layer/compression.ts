/** What a media type says of the bytes of a layer; `any`: it leaves that open. */
type SaidCompression = 'none' | 'gzip' | 'zstd' | 'any';

export type Compression = 'none' | 'gzip' | 'zstd';

const ociLayers = ['application/vnd.oci.image.layer.v1.tar', 'application/vnd.oci.image.layer.nondistributable.v1.tar'];
const dockerLayers = [
	'application/vnd.docker.image.rootfs.diff.tar',
	'application/vnd.docker.image.rootfs.foreign.diff.tar',
];
const dockerGzipLayers = dockerLayers.map(type => `${type}.gzip`);

/**
 * Reads a layer's media type as containerd does: the name exactly, the suffixes in alphabetical order, of which the last counts.
 * @returns undefined: containerd has nothing that unpacks this type. So for encrypted layers: what is in them, only a key tells.
 * @see containerd v1.6.38 images/mediatypes.go, DiffCompression; diff/stream.go, compressedHandler
 */
export function saidCompression(mediaType: string): SaidCompression | undefined {
	const [base = '', ...written] = mediaType.split('+');
	const suffixes = written.toSorted();
	if (suffixes.includes('encrypted')) {
		return undefined;
	}

	if (ociLayers.includes(base)) {
		const last = suffixes.at(-1);
		return last === 'gzip' || last === 'zstd' ? last : 'none';
	}

	if (dockerLayers.includes(base)) {
		return suffixes.length > 0 ? 'none' : 'any';
	}

	return dockerGzipLayers.includes(base) ? (suffixes.length > 0 ? 'none' : 'gzip') : undefined;
}

/** So many bytes tell the compression. */
export const bytesThatTell = 10;

/**
 * The compression that the first bytes of a layer show. containerd goes by these, also against its type, unless the type says
 * that the layer is not compressed.
 * @see containerd v1.6.38 archive/compression/compression.go, DetectCompression
 */
export function shownCompression(start: Uint8Array): Compression {
	const [a, b, c, d] = start;
	if (a === 0x1f && b === 0x8b && c === 0x08) {
		return 'gzip';
	}

	const isFrame = a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd;
	const isSkippable = a !== undefined && a >> 4 === 5 && b === 0x2a && c === 0x4d && d === 0x18 && start.length >= 8;
	return isFrame || isSkippable ? 'zstd' : 'none';
}
