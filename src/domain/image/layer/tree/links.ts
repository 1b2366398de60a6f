import {isMade} from '../tar/entry.ts';
import {tarTypes} from '../tar/header.ts';
import {shownName} from '../tar/text.ts';
import type {LayerContents} from '../unpacked.ts';
import {applyEntry, type Obstacle} from './apply.ts';
import {partsOf} from './paths.ts';
import {entriesIn} from './record.ts';
import {createFolder, type Folder, isFolder, type Leaf} from './tree.ts';

/** What a layer shows alone: a fault whatever lies below it, and the first hard link that needs layers below. */
export function linksWithin(record: Uint8Array): {fault?: string; openLink?: string} {
	const root = createFolder();
	const folders: string[] = [];
	let openLink: string | undefined;
	for (const entry of entriesIn(record)) {
		if (entry.type === tarTypes.folder && isMade(entry)) {
			folders.push(entry.name);
		}

		const obstacle = applyEntry(root, entry, 0);
		if (obstacle?.kind === 'fault') {
			return {fault: obstacle.reason};
		}

		openLink ??= obstacle && `"${shownName(entry.name)}" is a hard link to "${shownName(entry.link)}"`;
	}

	const removed = folders.find(name => isRemoved(root, partsOf(name)));
	return removed === undefined
		? openLink === undefined
			? {}
			: {openLink}
		: {fault: `"${shownName(removed)}" is a folder that the same layer removes again`};
}

/**
 * containerd sets the times of a layer's folders at the end, and fails where one of them is gone. What a symbolic link leads to
 * may be in a layer below.
 */
function isRemoved(root: Folder, parts: readonly string[]): boolean {
	let node: Leaf | Folder | undefined = root;
	for (const part of parts) {
		if (!isFolder(node)) {
			return node !== undefined && node.link === undefined;
		}

		node = node.children.get(part);
		if (node === undefined) {
			return true;
		}
	}

	return false;
}

type LinksAcross =
	/**
	 * `below`: a hard link whose target is in a layer below. Clients that copy layers unpack it (containerd's native snapshotter,
	 * vfs); those with overlayfs, which is their default, do not. Seen with containerd 1.6.20 and buildah 1.28.
	 */
	| {state: 'whole'; below?: {layer: number; reason: string}}
	/** @property layer from the lowest, which is 0 */
	| {state: 'broken'; layer: number; reason: string}
	| {state: 'unchecked'; reason: string};

/**
 * Whether the hard links of an image's layers all have a target in their own layer or in those below it, after whiteouts.
 * A file that a layer below has where this one has a folder is no fault: overlayfs hides it.
 * @param layers from the lowest
 */
export function linksAcross(layers: readonly LayerContents[]): LinksAcross {
	const top = layers.findLastIndex(({openLink}) => openLink !== undefined);
	const root = createFolder();
	for (const [layer, {record}] of layers.slice(0, top + 1).entries()) {
		if (record === undefined) {
			return {
				state: 'unchecked',
				reason: `layer ${layer + 1} has too many files: hard links into it were not checked`,
			};
		}

		const obstacle = obstacleIn(record, entry => applyEntry(root, entry, layer));
		if (obstacle !== undefined) {
			return {state: 'broken', layer, reason: obstacle.reason};
		}
	}

	const reason = layers[top]?.openLink;
	return reason === undefined ? {state: 'whole'} : {state: 'whole', below: {layer: top, reason}};
}

function obstacleIn(record: Uint8Array, apply: (entry: Parameters<typeof applyEntry>[1]) => Obstacle | undefined) {
	for (const entry of entriesIn(record)) {
		const obstacle = apply(entry);
		if (obstacle !== undefined) {
			return obstacle;
		}
	}

	return undefined;
}
