import type {Digest} from '../../../domain/image/digest.ts';
import {type CutBody, openBodyCutter} from './body-cutter.ts';
import {type LinkLines, openLinkLines} from './link-lines.ts';
import type {LinkPlace} from './links.ts';

export type FilesReader = {
	readonly links: LinkLines;
	push(chunk: Uint8Array): void;
	/** Whether the end was seen. */
	finish(): boolean;
};

const trailerBytes = 16;

/** Reads the output of the script `readFiles` as it arrives. @param wanted blobs asked for, with their size as listed */
export function openFilesReader(
	places: readonly LinkPlace[],
	wanted: ReadonlyMap<Digest, number>,
	onBody: (body: CutBody) => void,
): FilesReader {
	const links = openLinkLines(places);
	const bodies = openBodyCutter(wanted, onBody);
	let inBodies = false;
	let rest = '';
	let tail = Buffer.alloc(0);

	return {
		links,
		push(chunk) {
			const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
			tail = Buffer.concat([tail, bytes.subarray(-trailerBytes)]).subarray(-trailerBytes);
			if (inBodies) {
				bodies.push(bytes);
			} else {
				readLinks(rest + bytes.toString('latin1'));
			}
		},
		finish() {
			const hasEnd = inBodies && /\0end \d+\0$/.test(tail.toString('latin1'));
			bodies.finish(!hasEnd);
			return hasEnd;
		},
	};

	function readLinks(text: string): void {
		let start = 0;
		for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
			const line = text.slice(start, end);
			start = end + 1;
			if (line === 'blobs') {
				inBodies = true;
				bodies.push(Buffer.from(text.slice(start), 'latin1'));
				return;
			}

			links.push(line);
		}

		rest = text.slice(start);
	}
}
