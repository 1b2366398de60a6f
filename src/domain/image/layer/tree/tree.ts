import {partsOf} from './paths.ts';

/**
 * The files of an image as layers make them. `layer`: which made it last; undefined: only as the parent of another, so that it
 * may also be in a layer below that is not in this tree.
 */
export type Leaf = {link?: string; layer?: number};
export type Folder = {children: Map<string, Leaf | Folder>; layer?: number};

const mostLinks = 255;

export function createFolder(layer?: number): Folder {
	return {children: new Map(), ...(layer === undefined ? {} : {layer})};
}

export function isFolder(node: Leaf | Folder | undefined): node is Folder {
	return node !== undefined && 'children' in node;
}

/**
 * The folder of a path, with symbolic links followed inside the root. What is missing on the way is made.
 * @see continuity v0.3.0 fs/path.go, RootPath; containerd archive/tar.go, mkparent
 */
export function madeFolder(root: Folder, parts: readonly string[]): {folder: Folder} | {fault: string} {
	const found = walk(root, parts, true);
	return typeof found === 'string' ? {fault: found} : isFolder(found) ? {folder: found} : {fault: 'is not a folder'};
}

/** What a path leads to, with symbolic links followed, also the last. Undefined: nothing. */
export function nodeAt(root: Folder, parts: readonly string[]): Leaf | Folder | undefined {
	const found = walk(root, parts, false);
	return typeof found === 'string' ? undefined : found;
}

/** Without `makes`, an empty folder outside the tree stands for what is missing, since `..` may follow. Text: why there is none. */
function walk(root: Folder, parts: readonly string[], makes: boolean): Leaf | Folder | string | undefined {
	let left = [...parts].reverse();
	let way: {folder: Folder; name: string}[] = [];
	let folder = root;
	let links = 0;

	for (let name = left.pop(); name !== undefined; name = left.pop()) {
		if (name === '..') {
			folder = way.pop()?.folder ?? root;
			continue;
		}

		const node = folder.children.get(name);
		if (node === undefined || isFolder(node)) {
			const next = node ?? createFolder();
			if (makes) {
				folder.children.set(name, next);
			}

			way.push({folder, name});
			folder = next;
		} else if (node.link === undefined) {
			if (left.at(-1) !== '..') {
				return left.length === 0 ? node : 'is not a folder';
			}

			// Go takes `file/..` as text.
			left.pop();
		} else if (++links > mostLinks) {
			return 'has too many symbolic links in it';
		} else {
			// Go puts the target behind the folder as text: `..` in it goes up from there before any link in it is followed.
			const base = node.link.startsWith('/') ? [] : way.map(step => step.name);
			left = [...left, ...partsOf([...base, node.link].join('/')).reverse()];
			way = [];
			folder = root;
		}
	}

	const last = way.at(-1);
	return last === undefined ? root : last.folder.children.get(last.name);
}
