import type {Digest} from '../../domain/digest.ts';
import {isRepositoryName, isTag} from '../../domain/reference.ts';
import type {Link, RepositoryListing, StoredBlob} from '../../domain/storage-listing.ts';
import {parentFolder, readStorageFolder} from '../../domain/storage-paths.ts';

/** What the pass over the tree said, as far as it came. */
export type Tree = {
	taken: number;
	repositories: Map<string, RepositoryListing>;
	blobs: Map<Digest, StoredBlob>;
	folders: Map<string, number>;
	/** Entries the pass does not look into, and why. */
	closed: {path: string; reason: string}[];
	files: number;
	/** find's exit code; undefined: its end was not seen. */
	end: number | undefined;
};

export type TreeReader = {push(chunk: Uint8Array): void; tree(): Tree};

type Entry = {type: string; device: string; size: number; changed: number; path: string};

/** Reads the output of the script `listTree` as it arrives, whichever of its two forms it takes. */
export function openTreeReader(progress: (files: number) => void = () => {}): TreeReader {
	const decoder = new TextDecoder();
	const tree: Tree = {
		taken: 0,
		repositories: new Map(),
		blobs: new Map(),
		folders: new Map(),
		closed: [],
		files: 0,
		end: undefined,
	};
	let rest = '';
	let inLines = false;
	let device: string | undefined;

	return {
		push(chunk) {
			const text = rest + decoder.decode(chunk, {stream: true});
			let start = 0;
			for (let end = next(text, start); end !== -1; end = next(text, start)) {
				read(text.slice(start, end), text[end] === '\n');
				start = end + 1;
			}

			rest = text.slice(start);
			progress(tree.files);
		},
		tree: () => tree,
	};

	function next(text: string, start: number): number {
		const zero = text.indexOf('\0', start);
		const line = inLines ? text.indexOf('\n', start) : -1;
		return line !== -1 && (zero === -1 || line < zero) ? line : zero;
	}

	function read(record: string, isLine: boolean): void {
		if (isLine || !/^(?:now|lines|end) |^$/.test(record)) {
			take(isLine ? lineEntry(record) : entry(record));
		} else if (record.startsWith('now ')) {
			const seconds = Number(record.slice(4));
			// Whole seconds are rounded up, so that nothing written before looks as if it came after.
			tree.taken = Number.isInteger(seconds) ? seconds + 1 : seconds;
		} else if (record.startsWith('lines')) {
			inLines = true;
		} else if (record.startsWith('end ')) {
			tree.end = Number(record.slice(4));
		}
	}

	function take(found: Entry | undefined): void {
		// A name with a newline in it, which no registry writes.
		if (found === undefined) {
			return;
		}

		tree.files++;
		device ??= found.device;
		const {type, path} = found;

		if (type === 'd' && found.device !== device) {
			tree.closed.push({path, reason: 'is another file system'});
		} else if (type === 'd') {
			takeFolder(path, found.changed);
		} else if (type === 'l') {
			tree.closed.push({path, reason: 'is a symbolic link'});
		} else if (type === 'f') {
			takeFile(path, found.size, found.changed);
		}
	}

	function takeFolder(path: string, changed: number): void {
		tree.folders.set(path, changed);
		const what = readStorageFolder(path);
		if (what?.kind === 'repository') {
			repositoryOf(what.repository);
		} else if (what?.kind === 'tag' && isTag(what.tag)) {
			repositoryOf(what.repository)?.tags.set(what.tag, {});
		}
	}

	function takeFile(path: string, size: number, changed: number): void {
		const folder = parentFolder(path);
		const name = path.slice(folder.length + 1);
		const isCurrent = folder.endsWith('/current');
		const owner = isCurrent ? parentFolder(folder) : folder;
		const what = name === 'link' || name === 'data' ? readStorageFolder(owner) : undefined;
		const link: Link = {size, changed};

		if (what === undefined || (what.kind === 'blob') !== (name === 'data') || (what.kind === 'tag') !== isCurrent) {
			return;
		}

		if (what.kind === 'blob') {
			tree.blobs.set(what.digest, {size, changed});
		} else if (what.kind === 'tag') {
			if (isTag(what.tag)) {
				repositoryOf(what.repository)?.tags.set(what.tag, {link});
			}
		} else if (what.kind !== 'repository') {
			repositoryOf(what.repository)?.[what.kind === 'revision' ? 'revisions' : 'layers'].set(what.digest, link);
		}

		// Folders are kept for what is gone from them; this one is whole.
		tree.folders.delete(folder);
		tree.folders.delete(owner);
	}

	/** A folder whose name no registry would serve is not a repository. */
	function repositoryOf(name: string): RepositoryListing | undefined {
		const known = tree.repositories.get(name);
		if (known !== undefined || !isRepositoryName(name)) {
			return known;
		}

		const fresh: RepositoryListing = {tags: new Map(), revisions: new Map(), layers: new Map()};
		tree.repositories.set(name, fresh);
		return fresh;
	}
}

function entry(record: string): Entry | undefined {
	const [, type = '', number = '', changed = '', path = ''] = /^(\S) (\d+) (\d+(?:\.\d+)?) (.*)$/s.exec(record) ?? [];
	const isFolder = type === 'd';
	return type === ''
		? undefined
		: {type, device: isFolder ? number : '', size: isFolder ? 0 : Number(number), changed: Number(changed), path};
}

const types: Record<string, string> = {'4': 'd', '8': 'f', a: 'l'};

/** @see inode(7): the file type stands in the highest hexadecimal digit of st_mode's four */
function lineEntry(line: string): Entry | undefined {
	const [, mode = '', device = '', size = '', changed = '', path = ''] =
		/^([0-9a-f]+) (\d+) (\d+) (\d+) (.*)$/.exec(line) ?? [];
	return mode === ''
		? undefined
		: {
				type: types[mode.slice(0, -3)] ?? 'o',
				device,
				size: Number(size),
				changed: Number(changed),
				path: path.replace(/^\.\/?/, ''),
			};
}
