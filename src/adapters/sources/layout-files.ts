import {createReadStream} from 'node:fs';
import {type FileHandle, open, stat} from 'node:fs/promises';
import path from 'node:path';
import {TarFault} from '../../domain/image/layer/tar/fault.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {sourceUnreadable} from './errors.ts';
import {type Extent, findInArchive} from './layout-archive.ts';

const readBytes = 256 * 1024;

/** The files of an OCI layout, by their paths below its root: `blobs/sha256/…`. */
export type LayoutFiles = {
	kind: 'folder' | 'tar archive';
	/** Bytes. Undefined: there is no such file. @throws OperatorError source.unreadable */
	size(name: string, waiting: Waiting): Promise<number | undefined>;
	/** When its index was written, in ISO 8601: of an archive, when that was. */
	written(): Promise<string | undefined>;
	/** @throws an error of the file system, also where there is no such file */
	read(name: string, waiting: Waiting): AsyncIterable<Uint8Array>;
	close(): Promise<void>;
};

/** @throws OperatorError source.unreadable: neither a folder nor a file */
export async function openLayout(place: string): Promise<LayoutFiles> {
	const is = await stat(place).catch((error: Error) => {
		throw sourceUnreadable(place, error.message, layoutHint);
	});
	return is.isDirectory() ? inFolder(place) : inArchive(place);
}

export const layoutHint =
	'Name the folder of an OCI layout, the one with oci-layout and blobs/, or a tar archive of it (skopeo copy … oci-archive:FILE).';

function inFolder(folder: string): LayoutFiles {
	return {
		kind: 'folder',
		written: () => writtenAt(path.join(folder, 'index.json')),
		async size(name) {
			const file = await stat(path.join(folder, name)).catch(() => undefined);
			return file?.isFile() ? file.size : undefined;
		},
		read: (name, {signal}) => createReadStream(path.join(folder, name), {signal}),
		close: async () => {},
	};
}

async function writtenAt(file: string): Promise<string | undefined> {
	return (await stat(file).catch(() => undefined))?.mtime.toISOString();
}

/** A stream of the handle would leave a listener on it for each blob. @see nodejs/node lib/internal/fs/streams.js, importFd */
async function* readExtent(archive: FileHandle, {at, size}: Extent, {signal}: Waiting): AsyncGenerator<Uint8Array> {
	for (let read = 0; read < size; ) {
		signal.throwIfAborted();
		const most = Math.min(readBytes, size - read);
		const {buffer, bytesRead} = await archive.read(Buffer.allocUnsafeSlow(most), 0, most, at + read);
		if (bytesRead === 0) {
			throw new Error(`${read} of ${size} bytes are there`);
		}

		read += bytesRead;
		yield buffer.subarray(0, bytesRead);
	}
}

/** It stays open: what is put in its place meanwhile is another archive. */
function inArchive(place: string): LayoutFiles {
	let opened: Promise<{archive: FileHandle; found: Map<string, Extent>}> | undefined;

	async function start(waiting: Waiting) {
		const archive = await open(place).catch((error: Error) => {
			throw sourceUnreadable(place, error.message, layoutHint);
		});
		try {
			return {archive, found: await findInArchive(archive, waiting)};
		} catch (error) {
			await archive.close();
			throw error instanceof TarFault ? sourceUnreadable(place, `it ${error.message}`, layoutHint) : error;
		}
	}

	function find(waiting: Waiting) {
		opened ??= start(waiting).catch(error => {
			opened = undefined;
			throw error;
		});
		return opened;
	}

	return {
		kind: 'tar archive',
		written: () => writtenAt(place),
		async size(name, waiting) {
			const {found} = await find(waiting);
			if (!found.has('index.json') && found.has('manifest.json')) {
				throw sourceUnreadable(
					place,
					'it is a docker archive without index.json, whose layers have other digests than the registry’s',
					'`docker save` writes an OCI layout since Docker 25, and `skopeo copy … oci-archive:FILE` always does.',
				);
			}

			return found.get(name)?.size;
		},
		async *read(name, waiting) {
			const {archive, found} = await find(waiting);
			const extent = found.get(name);
			if (extent === undefined) {
				throw new Error(`it has no ${name}`);
			}

			yield* readExtent(archive, extent, waiting);
		},
		async close() {
			const open = await opened?.catch(() => undefined);
			opened = undefined;
			await open?.archive.close();
		},
	};
}
