import type {Digest} from '../../../domain/image/digest.ts';
import type {Complaints} from '../complaints.ts';
import {type PutLink, pathOfLink, type WantedLink} from './choose-files.ts';
import {type HeadBlob, openHeadReader} from './head-output.ts';

type FilesReader = {
	push(chunk: Uint8Array): void;
	/** To be called when all output has arrived. @returns whether its end was seen */
	finish(): boolean;
	/** To be called after `finish`. @param complaints of grep @returns the links that were not read */
	unreadLinks(complaints: Complaints): WantedLink[];
};

const trailerBytes = 16;

/** Reads the output of `readFiles` as it arrives. @param wanted blobs asked for, with their size as listed */
export function openFilesReader(
	wantedLinks: readonly WantedLink[],
	wanted: ReadonlyMap<Digest, number>,
	{putLink, onBlob}: {putLink: PutLink; onBlob: (blob: HeadBlob) => void},
): FilesReader {
	const links = openGrepReader(wantedLinks, putLink);
	const blobs = openHeadReader(wanted, onBlob);
	let inBlobs = false;
	let rest = '';
	let tail = Buffer.alloc(0);

	return {
		push(chunk) {
			const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
			tail = Buffer.concat([tail, bytes.subarray(-trailerBytes)]).subarray(-trailerBytes);
			if (inBlobs) {
				blobs.push(bytes);
			} else {
				readLinks(rest + bytes.toString('latin1'));
			}
		},
		finish() {
			const hasEnd = inBlobs && /\0end \d+\0$/.test(tail.toString('latin1'));
			blobs.finish(!hasEnd);
			return hasEnd;
		},
		unreadLinks: links.finish,
	};

	function readLinks(text: string): void {
		let start = 0;
		for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
			const line = text.slice(start, end);
			start = end + 1;
			if (line === 'blobs') {
				inBlobs = true;
				blobs.push(Buffer.from(text.slice(start), 'latin1'));
				return;
			}

			links.push(line);
		}

		rest = text.slice(start);
	}
}

/**
 * Reads what grep prints of links, in the order they were asked for: `path:content` for each line of each file. The
 * content of a link is put in place as soon as it is whole.
 */
function openGrepReader(wanted: readonly WantedLink[], put: PutLink) {
	const passed: WantedLink[] = [];
	let next = 0;
	let current: {wanted: WantedLink; path: string; content: string} | undefined;

	return {
		push(line: string) {
			const colon = line.indexOf(':');
			const path = line.slice('./'.length, colon);
			const content = line.slice(colon + 1);
			if (current?.path === path) {
				current.content += `\n${content}`;
				return;
			}

			let at = next;
			while (at < wanted.length && pathOfLink(wanted[at]!) !== path) {
				at++;
			}

			// /dev/null has no lines, so a line with any other path was not asked for.
			if (at < wanted.length) {
				putCurrent();
				passed.push(...wanted.slice(next, at));
				current = {wanted: wanted[at]!, path, content};
				next = at + 1;
			}
		},
		finish({vanished, unreadable}: Complaints): WantedLink[] {
			putCurrent();
			passed.push(...wanted.slice(next));
			const unread: WantedLink[] = [];
			for (const link of passed) {
				if (vanished.has(pathOfLink(link))) {
					put(link, undefined);
				} else {
					unread.push(link);
				}
			}

			// The disk may have failed after a part of the file was read.
			const doubtful = new Set(unreadable.map(({path}) => path));
			for (const each of doubtful.size === 0 ? [] : wanted.filter(link => doubtful.has(pathOfLink(link)))) {
				put(each, each.link);
				unread.push(each);
			}

			return [...new Set(unread)];
		},
	};

	function putCurrent(): void {
		if (current !== undefined) {
			const {wanted: read, content} = current;
			const {link} = read;
			// grep ends every line with a newline; only the size tells whether the file did.
			const endsInNewline = content.length + 1 === link.size;
			put(read, {...link, content: endsInNewline ? `${content}\n` : content});
			current = undefined;
		}
	}
}
