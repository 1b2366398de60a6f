import {partsOf} from './paths.ts';

/**
 * The files of an image as layers make them. `layer`: which made it last; undefined: only as the parent of another, so that it
 * may also be in a layer below that is not in this tree.
 */
export type Leaf = {link?: string; layer?: number};
export type Folder = {children: Map<string, Leaf | Folder>; layer?: number};

type Found = {folder: Folder} | {fault: string};

const mostLinks = 255;

export function createFolder(layer?: number): Folder {
	return {children: new Map(), ...(layer === undefined ? {} : {layer})};
}

export function isFolder(node: Leaf | Folder | undefined): node is Folder {
	return node !== undefined && 'children' in node;
}

/**
 * The folder of a path, with symbolic links followed inside the root. What is missing is made where `makes` is true; else an
 * empty folder, which is not in the tree, stands for it.
 * @see continuity v0.3.0 fs/path.go, RootPath; containerd archive/tar.go, mkparent
 */
export function folderAt(root: Folder, parts: readonly string[], makes: boolean): Found {
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
		if (node === undefined) {
			const made = createFolder();
			if (makes) {
				folder.children.set(name, made);
			}

			way.push({folder, name});
			folder = made;
		} else if (isFolder(node)) {
			way.push({folder, name});
			folder = node;
		} else if (node.link === undefined) {
			return {fault: 'is not a folder'};
		} else if (++links > mostLinks) {
			return {fault: 'has too many symbolic links in it'};
		} else {
			// Go puts the target behind the folder as text: `..` in it goes up from there before any link in it is followed.
			const base = node.link.startsWith('/') ? [] : way.map(step => step.name);
			left = [...left, ...partsOf([...base, node.link].join('/')).reverse()];
			way = [];
			folder = root;
		}
	}

	return {folder};
}
