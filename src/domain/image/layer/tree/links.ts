import type {LayerContents} from '../unpacked.ts';
import {applyEntry, type Obstacle} from './apply.ts';
import {entriesIn} from './record.ts';
import {createFolder} from './tree.ts';

/** What a layer shows alone: a fault whatever lies below it, and how many hard links need layers below. */
export function linksWithin(record: Uint8Array): {fault?: string; openLinks: number} {
	const root = createFolder();
	let openLinks = 0;
	for (const entry of entriesIn(record)) {
		const obstacle = applyEntry(root, entry, 0);
		if (obstacle?.kind === 'fault') {
			return {fault: obstacle.reason, openLinks};
		}

		openLinks += obstacle === undefined ? 0 : 1;
	}

	return {openLinks};
}

type LinksAcross =
	| {state: 'whole'}
	/** @property layer from the lowest, which is 0 */
	| {state: 'broken'; layer: number; reason: string}
	| {state: 'unchecked'; reason: string};

/**
 * Whether the hard links of an image's layers all have a target in their own layer or in those below it, after whiteouts.
 * @param layers from the lowest
 */
export function linksAcross(layers: readonly LayerContents[]): LinksAcross {
	const top = layers.findLastIndex(({openLinks}) => openLinks > 0);
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

	return {state: 'whole'};
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
