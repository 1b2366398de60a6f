import type {TarEntry} from '../tar/entry.ts';
import {tarTypes} from '../tar/header.ts';
import {shownName} from '../tar/text.ts';
import {partsOf, whiteoutIn} from './paths.ts';
import {createFolder, type Folder, isFolder, type Leaf, madeFolder, nodeAt} from './tree.ts';

/** File systems of Linux take no longer name. Bytes. */
const longestName = 255;

/**
 * What an entry that containerd cannot make meets. `missing`: the target of a hard link is not in the tree, which is no fault
 * where layers below are not in it.
 */
export type Obstacle = {kind: 'fault' | 'missing'; reason: string};

/**
 * Does to the tree what containerd does to the files, entry by entry.
 * @param layer its number, from the lowest
 * @see containerd v1.6.38 archive/tar.go, applyNaive, createTarFile, hardlinkRootPath
 */
export function applyEntry(root: Folder, {type, name, link}: TarEntry, layer: number): Obstacle | undefined {
	const parts = partsOf(name);
	const base = parts.pop();
	if (base === undefined) {
		return undefined;
	}

	const fault = (reason: string): Obstacle => ({kind: 'fault', reason: `"${shownName(name)}" ${reason}`});
	if (base.length > longestName || parts.some(part => part.length > longestName)) {
		return fault('has a longer name than file systems take');
	}

	const parent = madeFolder(root, parts);
	if ('fault' in parent) {
		return fault(`cannot be made: a parent of it ${parent.fault}`);
	}

	const {children} = parent.folder;
	const whiteout = whiteoutIn(base);
	if (whiteout !== undefined) {
		if (whiteout.kind === 'remove') {
			children.delete(whiteout.name);
		} else if (whiteout.kind === 'clear') {
			clearBelow(parent.folder, layer);
		}

		return whiteout.kind === 'invalid' ? fault('is a whiteout of no file') : undefined;
	}

	const there = children.get(base);
	if (isFolder(there) && type === tarTypes.folder) {
		there.layer = layer;
		return undefined;
	}

	children.delete(base);
	if (type === tarTypes.globalRecords) {
		return undefined;
	}

	if (type === tarTypes.symbolicLink && link === '') {
		return fault('is a symbolic link without a target');
	}

	if (type !== tarTypes.hardLink) {
		const isLink = type === tarTypes.symbolicLink;
		children.set(base, type === tarTypes.folder ? createFolder(layer) : isLink ? {link, layer} : {layer});
		return undefined;
	}

	const target = targetOf(root, link);
	if (target !== undefined && !isFolder(target)) {
		children.set(base, {...target, layer});
		return undefined;
	}

	// A leaf stands for it, whatever it is.
	children.set(base, {layer});
	const obstacle = fault(
		`is a hard link to "${shownName(link)}", which ${target === undefined ? 'does not exist' : 'is a folder'}`,
	);
	// A folder that is only the parent of another may be a symbolic link in a layer below.
	return {...obstacle, kind: target?.layer === undefined ? 'missing' : 'fault'};
}

/** Symbolic links on the way to it are followed. It may itself be one, unless a slash or a dot comes after it. */
function targetOf(root: Folder, link: string): Leaf | Folder | undefined {
	const written = link.split('/');
	const base = written.pop()!;
	const parts = written.filter(part => part !== '' && part !== '.');
	if (base === '' || base === '.' || base === '..') {
		return nodeAt(root, base === '..' ? [...parts, base] : parts);
	}

	const parent = nodeAt(root, parts);
	return isFolder(parent) ? parent.children.get(base) : undefined;
}

/** An opaque whiteout keeps what this layer has made, where its parents below the folder are of this layer, too. */
function clearBelow(folder: Folder, layer: number): void {
	for (const [name, node] of folder.children) {
		if (node.layer !== layer) {
			folder.children.delete(name);
		} else if (isFolder(node)) {
			clearBelow(node, layer);
		}
	}
}
