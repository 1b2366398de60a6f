import {createHash} from 'node:crypto';
import {type Digest, digestAlgorithm} from '../../domain/digest.ts';
import {blobFolder} from '../../domain/storage-paths.ts';

/** What `readFiles` brought: contents of links in the order asked, and bodies by digest. */
export type Files = {
	/** Undefined: it could not be opened. */
	links: (string | undefined)[];
	bodies: Map<Digest, Uint8Array>;
	/** Blobs that were opened, whatever came of it. */
	opened: Set<Digest>;
	complete: boolean;
};

export function blobFile(digest: Digest): string {
	return `./${blobFolder(digest)}/data`;
}

/** @param wanted the blobs asked for, with their size as listed */
export function readFilesOutput(output: Uint8Array, linkCount: number, wanted: ReadonlyMap<Digest, number>): Files {
	const bytes = Buffer.from(output.buffer, output.byteOffset, output.byteLength);
	const links: (string | undefined)[] = [];
	let at = 0;

	for (let end = bytes.indexOf(0, at); end !== -1 && links.length < linkCount; end = bytes.indexOf(0, at)) {
		links.push(bytes[at] === 0x3d ? bytes.toString('utf8', at + 1, end) : undefined);
		at = end + 1;
	}

	const mark = Buffer.from('blobs\0');
	const tail = /\0end (\d+)\0$/.exec(bytes.toString('latin1', Math.max(0, bytes.length - 16)));
	if (links.length < linkCount || !bytes.subarray(at, at + mark.length).equals(mark) || tail === null) {
		return {links, bodies: new Map(), opened: new Set(), complete: false};
	}

	return {links, ...cutBodies(bytes.subarray(at + mark.length, bytes.length - tail[0].length), wanted), complete: true};
}

/**
 * head names each file: `==> path <==`, its bytes, a newline before the next. A body is taken by its listed size and
 * proven by its digest; where that does not fit, the next name decides, so one damaged file does not hide the others.
 */
function cutBodies(bytes: Buffer, wanted: ReadonlyMap<Digest, number>): Pick<Files, 'bodies' | 'opened'> {
	const bodies = new Map<Digest, Uint8Array>();
	const opened = new Set<Digest>();
	const opening = Buffer.from('==> ');
	const byFile = new Map([...wanted.keys()].map(digest => [blobFile(digest), digest]));
	let at = 0;

	while (at !== -1 && at < bytes.length) {
		const nameEnd = bytes.indexOf(' <==\n', at);
		const digest = byFile.get(bytes.toString('latin1', at + opening.length, nameEnd === -1 ? at : nameEnd));
		const start = nameEnd + ' <==\n'.length;

		if (nameEnd !== -1 && digest !== undefined) {
			opened.add(digest);
			const body = bytes.subarray(start, start + wanted.get(digest)!);
			if (hashOf(body, digest) === digest) {
				bodies.set(digest, body);
				at = bytes.indexOf(opening, start + body.length);
				continue;
			}
		}

		const next = bytes.indexOf('\n==> ', nameEnd === -1 ? at + 1 : start - 1);
		at = next === -1 ? -1 : next + 1;
	}

	return {bodies, opened};
}

export function hashOf(bytes: Uint8Array, digest: Digest): string {
	const algorithm = digestAlgorithm(digest);
	return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}
