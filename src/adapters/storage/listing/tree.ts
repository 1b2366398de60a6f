import type {Digest} from '../../../domain/image/digest.ts';
import type {Link, RepositoryListing, StoredBlob} from '../../../domain/storage/listing/listing.ts';
import type {Entries, NamedEntry} from './entries.ts';
import {type Folder, type Folders, isHostile, openFolders, pathOf} from './folders.ts';
import {type Misplaced, noneMisplaced, takeMisplaced, takeUnknownFolder} from './misplaced.ts';
import {taggedAs, withEntry} from './single-entry.ts';

export type Form = 'names' | 'stat' | 'ls';

/** The tree, as far as its listing came. */
export type Tree = Misplaced & {
	/** When the listing began, on the host's clock: seconds since 1970. NaN: the host did not tell. */
	taken: number;
	/** How the host printed the entries. */
	form: Form | undefined;
	repositories: Map<string, RepositoryListing>;
	blobs: Map<Digest, StoredBlob>;
	folders: Map<string, number>;
	/** Links of revisions and layers that were written again after they were created, by a push or by hand. */
	rewritten: Set<Link>;
	/** All entries so far. */
	files: number;
	/** Records that are no entries: the listing cannot be trusted. */
	malformed: number;
	/** The exit code of find, of each part that was listed; undefined: that listing was cut before its end. */
	ends: (number | undefined)[];
};

/** A push creates the folder and writes its link within this time. */
const sameWriteSeconds = 2;

/** No removal is told by their times: what a tag has named before is asked for none, and every tag has two such folders. */
const showsNothing: ReadonlySet<Folder['kind']> = new Set([
	'unknown',
	'in-place-of-a-file',
	'index',
	'index-algorithm',
]);

/**
 * Sorts entries into a tree. @returns also `open`, for each part whose entries come in an order of their own, and of that part
 * `finish`, to be called after its last entry
 */
export function openTree(): {tree: Tree; open(): {entries: Entries; finish(): void}} {
	const tree: Tree = {
		taken: Number.NaN,
		form: undefined,
		repositories: new Map(),
		blobs: new Map(),
		folders: new Map(),
		rewritten: new Set(),
		...noneMisplaced(),
		files: 0,
		malformed: 0,
		ends: [],
	};
	const folders = openFolders(tree.repositories);
	return {tree, open: () => openPart(tree, folders)};
}

function openPart(tree: Tree, folders: Folders): {entries: Entries; finish(): void} {
	/** The folders around the current entry, from the root down. */
	const within: Folder[] = [];
	let device = 0;

	const entries: Entries = {
		named(entry) {
			const parent = within[entry.depth - 1];
			if (entry.depth === 0 && entry.type === 'd') {
				device = entry.number;
				enter(0, folders.root(), entry.changed);
			} else if (parent === undefined) {
				tree.malformed++;
			} else {
				take(parent, entry);
			}
		},
		located({type, size, device: on = 0, changed, path}) {
			if (path === '') {
				device = on;
				enter(0, folders.root(), changed);
			} else {
				const names = path.split('/');
				const number = type === 'd' ? on : size;
				take(descend(names), {type, number, changed, depth: names.length, name: names.at(-1)!});
			}
		},
		leftOut: () => void tree.leftOut++,
		malformed: () => void tree.malformed++,
	};

	return {entries, finish: () => leave(0)};

	/** ls sorts by path, so the entries of a folder may be apart: `1.0`, `1.0-rc`, `1.0/current`. */
	function descend(names: string[]): Folder {
		if (within[0] === undefined) {
			enter(0, folders.root(), undefined);
		}

		for (let depth = 1; depth < names.length; depth++) {
			if (within[depth]?.name !== names[depth - 1]) {
				enter(depth, folders.below(within[depth - 1]!, names[depth - 1]!), undefined);
			}
		}

		return within[names.length - 1]!;
	}

	function take(parent: Folder, {type, number, changed, depth, name}: NamedEntry): void {
		tree.files++;
		if (type === 'f' && takeFile(parent, name, {size: number, changed})) {
			return;
		}

		const isWithinHostile = parent.kind === 'hostile';
		if (isWithinHostile || isHostile(name)) {
			tree.leftOut += isWithinHostile ? 0 : 1;
			if (type === 'd') {
				enter(depth, folders.hostile(parent, name), undefined);
			}
		} else if (type === 'd') {
			const folder = folders.below(parent, name);
			enter(depth, folder, changed);
			if (number !== device) {
				tree.closed.push({path: pathOf(folder), reason: 'is another file system'});
			} else if (folder.kind === 'in-place-of-a-file') {
				tree.obstacles.set(pathOf(folder), 'folder');
			} else if (folder.kind === 'entry') {
				noteHistory(folder, changed);
			} else if (folder.kind === 'unknown') {
				takeUnknownFolder(parent, name, tree);
			}
		} else {
			takeMisplaced({parent, type, name, size: number}, folders, tree);
		}
	}

	/** The link of an entry is written at each push of its tag; the folder only at the first. */
	function noteHistory(entry: Folder, changed: number): void {
		const tags = entry.listing!.tags;
		const {name} = entry.parent!.parent!.parent!;
		const tag = tags.get(name)!;
		tags.set(name, taggedAs(tag.link, withEntry(tag.history, entry.digest!, changed)));
	}

	/** @returns whether a registry writes such a file there */
	function takeFile(folder: Folder, name: string, file: Link): boolean {
		const {kind, listing, parent, digest} = folder;
		if (name === 'data' && kind === 'blob') {
			tree.blobs.set(digest!, file);
		} else if (name === 'link' && kind === 'revision') {
			listing!.revisions.set(digest!, file);
			noteRewritten(folder, file);
		} else if (name === 'link' && kind === 'layer') {
			listing!.layers.set(digest!, file);
			noteRewritten(folder, file);
		} else if (name === 'link' && kind === 'current') {
			listing!.tags.set(parent!.name, taggedAs(file, listing!.tags.get(parent!.name)?.history));
			makeWhole(parent!);
		} else if (name === 'link' && kind === 'entry') {
			noteHistory(folder, file.changed);
		} else {
			return false;
		}

		makeWhole(folder);
		return true;
	}

	/** A folder changes when its link is created. A link that changed at another time was written again. */
	function noteRewritten({changed: created}: Folder, link: Link): void {
		if (created === undefined || Math.abs(link.changed - created) > sameWriteSeconds) {
			tree.rewritten.add(link);
		}
	}

	/** The tree keeps folders from which something may have been deleted; this one is not among them. */
	function makeWhole(folder: Folder): void {
		folder.isWhole = true;
		if (folder.changed === undefined) {
			tree.folders.delete(pathOf(folder));
		}
	}

	function enter(depth: number, folder: Folder, changed: number | undefined): void {
		leave(depth);
		folder.changed = changed;
		within[depth] = folder;
	}

	function leave(depth: number): void {
		while (within.length > depth) {
			const folder = within.pop()!;
			if (!folder.isWhole && folder.changed !== undefined && !showsNothing.has(folder.kind)) {
				tree.folders.set(pathOf(folder), folder.changed);
			}
		}
	}
}
