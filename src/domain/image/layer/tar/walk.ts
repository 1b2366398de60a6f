import {createBlocks} from './blocks.ts';
import {
	type Before,
	checkMap,
	entryFrom,
	isUnpackable,
	isWithoutData,
	notSparse,
	type Sizes,
	type TarEntry,
} from './entry.ts';
import {TarFault} from './fault.ts';
import {blockSize, type Header, parseHeader} from './header.ts';
import {createSparseMapReader} from './sparse.ts';
import {isSpecial, longestSpecial, readSpecial} from './special.ts';
import {byteText, shownName} from './text.ts';

const notTar = 'it is not a tar archive';

/**
 * Walks a tar archive that comes in pieces, and holds no more of it than a header and its records. It accepts what containerd
 * does, which is what Go's reader does: an archive without end blocks, without padding at its end, with anything after its end
 * blocks, and without any bytes.
 * @see go.dev/src/archive/tar/reader.go; containerd v1.6.38 archive/tar.go, applyNaive
 */
export function createTarWalk(onEntry: (entry: TarEntry) => void) {
	const blocks = createBlocks(longestSpecial);
	let fault: string | undefined;
	let isOver = false;
	let sawZeroBlock = false;
	let isInHeader = true;
	/** A header was right, or at least looked like one. */
	let isTar = false;
	let entries = 0;
	let last = '';
	let before: Before = {};

	blocks.gather(blockSize, takeHeader);

	function nextHeader(dataBytes: number): void {
		isInHeader = true;
		blocks.skip(dataBytes, (blockSize - (dataBytes % blockSize)) % blockSize);
		blocks.gather(blockSize, takeHeader);
	}

	function takeHeader(block: Uint8Array): void {
		if (block.every(byte => byte === 0)) {
			isOver = sawZeroBlock;
			sawZeroBlock = true;
			return;
		}

		if (sawZeroBlock) {
			throw new TarFault('comes after a block of zeros, of which an archive has two, at its end');
		}

		const header = parseHeader(block);
		if ('fault' in header) {
			isTar ||= header.isOfTar;
			const {fault} = header;
			throw new TarFault(
				`has a header with ${fault === 'checksum' ? 'a wrong checksum' : 'something that is no number'}`,
			);
		}

		isTar = true;

		if (header.size < 0 && !isWithoutData(header.type)) {
			throw new TarFault('has a negative size');
		}

		if (isSpecial(header)) {
			gatherSpecial(header);
		} else {
			takeFile(header);
		}
	}

	function gatherSpecial(header: Header): void {
		isInHeader = false;
		blocks.gather(header.size, bytes => {
			takeSpecial(header, byteText(bytes));
			nextHeader(0);
			blocks.skip(0, (blockSize - (header.size % blockSize)) % blockSize);
		});
	}

	function takeSpecial(header: Header, text: string): void {
		const told = readSpecial(header, text);
		if ('globalRecords' in told) {
			found({type: header.type, name: told.globalRecords.get('path') || header.name, link: ''});
		} else {
			before = {...before, ...told};
		}
	}

	function takeFile(header: Header): void {
		const {entry, sizes, mapBefore} = entryFrom(header, before);
		if (mapBefore) {
			gatherMap(entry, sizes);
		} else {
			found(entry);
			nextHeader(sizes.physical);
		}
	}

	/** Reads blocks from the start of a file until the map of its holes is whole. */
	function gatherMap(entry: TarEntry, sizes: Sizes, map = createSparseMapReader()): void {
		if (sizes.physical < blockSize || map.length() >= longestSpecial) {
			throw notSparse();
		}

		isInHeader = false;
		blocks.gather(blockSize, block => {
			const left = {...sizes, physical: sizes.physical - blockSize};
			const read = map.add(byteText(block));
			if (read === undefined) {
				gatherMap(entry, left, map);
				return;
			}

			checkMap(entry, read.map, left);
			found(entry);
			nextHeader(left.physical);
		});
	}

	function found(entry: TarEntry): void {
		if (!isUnpackable(entry)) {
			throw new TarFault(`is of type ${JSON.stringify(entry.type)}, which no client unpacks`);
		}

		before = {};
		entries++;
		last = entry.name;
		onEntry(entry);
	}

	/** Entries are counted from 1; a reader finds the place by the name before it. */
	function place(): string {
		return `entry ${entries + 1} of its tar archive${entries === 0 ? '' : `, after "${shownName(last)}",`}`;
	}

	return {
		entries: () => entries,

		/** @returns what is wrong with the archive up to here, in a few words about "it", the layer */
		write(chunk: Uint8Array): string | undefined {
			try {
				blocks.write(chunk, () => isOver || fault !== undefined);
			} catch (error) {
				if (!(error instanceof TarFault)) {
					throw error;
				}

				fault = isTar ? `${place()} ${error.message}` : notTar;
			}

			return fault;
		},

		/** @returns what is wrong with the archive, now that it has ended */
		end(): string | undefined {
			const missing = blocks.missing();
			if (fault !== undefined || isOver || (missing.padding && !missing.data)) {
				return fault;
			}

			if (missing.data) {
				return `its tar archive is cut off in entry ${entries}, "${shownName(last)}"`;
			}

			if (!missing.gathered && isInHeader) {
				return undefined;
			}

			return isTar || sawZeroBlock ? `its tar archive is cut off: ${place()} has no whole header` : notTar;
		},
	};
}
