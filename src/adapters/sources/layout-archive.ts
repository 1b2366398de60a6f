import type {FileHandle} from 'node:fs/promises';
import {type Before, entryFrom, type Sizes, type TarEntry} from '../../domain/image/layer/tar/entry.ts';
import {TarFault} from '../../domain/image/layer/tar/fault.ts';
import {blockSize, parseHeader, tarTypes} from '../../domain/image/layer/tar/header.ts';
import {isSpecial, readSpecial} from '../../domain/image/layer/tar/special.ts';
import {byteText, shownName} from '../../domain/image/layer/tar/text.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';

/** Where a file lies in the archive: its data begins at this byte, and is of this length. */
export type Extent = {at: number; size: number};

/** All of a layout that is looked for. `manifest.json` is a docker archive's. */
const layoutNames = /^(?:index\.json|oci-layout|manifest\.json|blobs\/[a-z0-9+._-]+\/[0-9a-f]{32,})$/;

const {sparseOfGnu, file} = tarTypes;

/**
 * Finds the files of an OCI layout in a tar archive by one pass over its headers, and keeps where they lie. Links, and files with
 * holes, are passed over: nothing that writes a layout makes them. Of two with the same name the later counts, as for tar.
 * @throws TarFault what is wrong with the archive, in a few words about "it"
 */
export async function findInArchive(
	archive: Pick<FileHandle, 'read' | 'stat'>,
	{signal}: Waiting,
): Promise<Map<string, Extent>> {
	const found = new Map<string, Extent>();
	const {size: end} = await archive.stat();
	let entries = 0;
	let zeroBlocks = 0;
	let before: Before = {};

	/** @throws TarFault the archive ends before */
	async function read(at: number, length: number): Promise<Uint8Array> {
		const bytes = Buffer.alloc(length);
		for (let have = 0; have < length; ) {
			const {bytesRead} = await archive.read(bytes, have, length - have, at + have);
			if (bytesRead === 0) {
				throw new TarFault(`is cut off after ${entries} files`);
			}

			have += bytesRead;
		}

		return bytes;
	}

	for (let at = 0; at < end && zeroBlocks < 2; ) {
		signal.throwIfAborted();
		const block = await read(at, blockSize);
		at += blockSize;
		if (block.every(byte => byte === 0)) {
			zeroBlocks++;
			continue;
		}

		zeroBlocks = 0;
		const header = parseHeader(block);
		if ('fault' in header) {
			throw new TarFault(entries > 0 || header.isOfTar ? `has a damaged header after ${entries} files` : notTar(block));
		}

		if (isSpecial(header)) {
			const told = readSpecial(header, byteText(await read(at, header.size)));
			// Global records change nothing that matters here.
			before = 'globalRecords' in told ? before : {...before, ...told};
			at = nextBlock(at + header.size);
			continue;
		}

		const {entry, sizes, mapBefore} = entryFrom(header, before);
		before = {};
		if (header.type === sparseOfGnu) {
			throw new TarFault(`has a file with holes, "${shownName(entry.name)}"`);
		}

		// What the last file lacks, nobody has. An archive may end without the padding and the two blocks of zeros.
		if (at + sizes.physical > end) {
			throw new TarFault(`is cut off in "${shownName(entry.name)}", after ${entries} files`);
		}

		entries++;
		const name = layoutName(entry);
		if (name !== undefined && isPlain(sizes, mapBefore)) {
			found.set(name, {at, size: sizes.physical});
		}

		at = nextBlock(at + sizes.physical);
	}

	return found;
}

/** A name that is absolute, or climbs by `..`, is none of a layout. */
function layoutName({type, name}: TarEntry): string | undefined {
	const plain = name.replace(/^(?:\.\/)+/, '');
	return type === file && layoutNames.test(plain) ? plain : undefined;
}

function isPlain({physical, logical}: Sizes, mapBefore: boolean): boolean {
	return !mapBefore && physical === logical;
}

function nextBlock(at: number): number {
	return Math.ceil(at / blockSize) * blockSize;
}

/** @see RFC 1952, 2.3.1; RFC 8878, 3.1.1; bzip2 and xz by their magic numbers */
function notTar(block: Uint8Array): string {
	const magic = Buffer.from(block.subarray(0, 6)).toString('hex');
	const packed = ['1f8b', '28b52ffd', '425a68', 'fd377a585a00'].some(each => magic.startsWith(each));
	return packed ? 'is a compressed file: unpack it to a plain tar archive first' : 'is not a tar archive';
}
