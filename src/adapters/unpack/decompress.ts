import {constants, createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress} from 'node:zlib';
import type {Compression} from '../../domain/image/layer/compression.ts';

/** Each step resolves to what is wrong with the data, in a few words about "it", the layer. */
export type Decompression = {
	write(chunk: Uint8Array): Promise<string | undefined>;
	end(): Promise<string | undefined>;
	close(): void;
};

/** Fewer and larger pieces cost less than the default of 16 KiB. Bytes. */
const chunkSize = 32 * 1024;
/** Node's default is 2^27. @see klauspost/compress zstd/framedec.go, MaxWindowSize: what containerd takes */
const longestZstdWindow = 29;

export function createDecompression(compression: Compression, onBytes: (bytes: Uint8Array) => void): Decompression {
	if (compression === 'none') {
		return {
			async write(chunk) {
				onBytes(chunk);
				return undefined;
			},
			end: async () => undefined,
			close() {},
		};
	}

	return compression === 'gzip'
		? createParts('gzip', () => createGunzip({chunkSize}), onBytes)
		: createParts('zstd', createZstd, onBytes);
}

function createZstd(): ZstdDecompress {
	return createZstdDecompress({chunkSize, params: {[constants.ZSTD_d_windowLogMax]: longestZstdWindow}});
}

/**
 * Node reads the members of gzip data one after the other, and passes zeros after them over, which Go refuses. Of zstd data it
 * reads one frame, and leaves the rest of the piece.
 * @see nodejs/node src/node_zlib.cc, ZlibContext::DoThreadPoolWork; go.dev/src/compress/gzip/gunzip.go
 */
function createParts(
	format: 'gzip' | 'zstd',
	create: () => Gunzip | ZstdDecompress,
	onBytes: (bytes: Uint8Array) => void,
): Decompression {
	let isFirst = true;
	let part = start();

	function start() {
		const stream = create();
		stream.on('data', onBytes);
		// An error outside a step shows in the next one.
		stream.on('error', () => {});
		return {stream, fed: 0};
	}

	async function write(chunk: Uint8Array): Promise<string | undefined> {
		part.fed += chunk.length;
		const {stream, fed} = part;
		const fault = await step(stream, done => stream.write(chunk, done));
		const left = fed - stream.bytesWritten;
		if (fault !== undefined || left === 0 || !stream.readableEnded) {
			return fault;
		}

		if (format === 'gzip') {
			return trailing(format);
		}

		isFirst = false;
		part = start();
		return write(chunk.subarray(chunk.length - left));
	}

	function step(stream: Gunzip | ZstdDecompress, act: (done: () => void) => void): Promise<string | undefined> {
		const {promise, resolve} = Promise.withResolvers<string | undefined>();
		const isStart = isFirst;
		const failed = (error: Error) => resolve(faultOf(format, error, isStart));
		const ended = () => resolve(undefined);
		if (stream.errored) {
			return Promise.resolve(faultOf(format, stream.errored, isStart));
		}

		stream.once('error', failed).once('end', ended);
		act(() => resolve(undefined));
		return promise.finally(() => stream.off('error', failed).off('end', ended));
	}

	return {
		write,
		end: () => step(part.stream, () => part.stream.end()),
		close: () => {
			part.stream.destroy();
		},
	};
}

function trailing(format: string): string {
	return `bytes follow the end of its ${format} data`;
}

/** @see zlib's inflate.c and zstd's error_private.c for the messages. */
function faultOf(format: 'gzip' | 'zstd', error: Error, isFirst: boolean): string {
	const code = 'code' in error ? error.code : undefined;
	if (code === 'Z_BUF_ERROR') {
		return `its ${format} data is cut off`;
	}

	const {message} = error;
	const isOfNextHeader =
		format === 'gzip'
			? /header check|compression method/.test(message)
			: code === 'ZSTD_error_prefix_unknown' && !isFirst;
	if (isOfNextHeader) {
		return trailing(format);
	}

	return /incorrect (?:data|length) check|checksum/i.test(message)
		? `the checksum in its ${format} data is wrong`
		: `its ${format} data is damaged (${message})`;
}
