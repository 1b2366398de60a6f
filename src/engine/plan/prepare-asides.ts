import {type DamagedImage, referenceTo} from '../../domain/damage/damaged-image.ts';
import {asOperatorError} from '../../domain/errors.ts';
import {type BadData, badDataOf} from '../../domain/plan/bad-data.ts';
import type {WeighedAside} from '../../domain/plan/data-rows.ts';
import {isReplaced, type PreparedAside, type PreparedItem} from '../../domain/plan/items.ts';
import {type PlanImage, storingRemedies} from '../../domain/plan/plan.ts';
import {planChangeOf} from '../../domain/plan/plan-change.ts';
import type {DamagedRow} from '../../domain/plan/rows.ts';
import {storageMoveAside} from '../actions/storage-move-aside.ts';
import {type Preparing, readingContext} from './prepare-row.ts';
import type {Scope} from './scope.ts';

/** `nothing`: the registry remembers nothing. Undefined: it cannot be done from here. */
export type Forgets = 'restart' | 'redis' | 'nothing' | undefined;

/** Why bad data stays where it is, though a replacement may be at hand. */
export const whyKept =
	'No restart command is configured (registries.….storage.restart), so regmedic does not move it: configure one, or move it aside by hand.';

/** The bad data of the images, once for each digest. Without a disk nothing is known of it. */
export function badDataIn({disk}: Scope, rows: readonly DamagedRow[]): BadData[] {
	return disk === undefined
		? []
		: badDataOf(rows, disk.scan.leftovers?.findings ?? [], digest => disk.listing.blobs.get(digest)?.size);
}

/**
 * Weighs for each whether it is moved aside, and prepares that. Only reads.
 * @param forgets how the registry is made to forget the data afterwards; without that a push of it is lost all the same
 */
export async function prepareAsides(
	bad: readonly BadData[],
	{images, prepared, forgets}: {images: readonly PlanImage[]; prepared: readonly PreparedItem[]; forgets: Forgets},
	options: Preparing & {damaged: readonly DamagedImage[]},
): Promise<{weighed: WeighedAside[]; asides: PreparedAside[]}> {
	const weighed: WeighedAside[] = [];
	const asides: PreparedAside[] = [];
	for (const each of bad) {
		const isChosen = isReplaced(each, prepared);
		const canBeStored = images.some(
			({id, remedies}) =>
				each.images.includes(id) && remedies.some(({remedy, possible}) => possible && storingRemedies.has(remedy)),
		);
		const why =
			forgets === undefined
				? `The registry would remember it. ${whyKept}`
				: canBeStored
					? `No push replaces it, so it has to go first. It moves only if one of its images is stored anew: ${each.names.join('; ')}.`
					: 'It moves only with a replacement in hand: none of its images can be stored anew.';
		const row = {
			...each,
			isChosen,
			possible: canBeStored && forgets !== undefined,
			why,
			...(forgets === 'redis' && {forgetIn: each.repositories}),
		};
		if (!row.possible || !isChosen) {
			weighed.push(row);
			continue;
		}

		try {
			const image = referenceTo(options.damaged.find(({id}) => id === each.images[0])!, options.host);
			const {ports, settings} = options.of(image);
			const {digest, size, names} = each;
			const inputs = {image, digest, size, images: names, forgetIn: row.forgetIn};
			const {changes, undo} = await storageMoveAside.gate!(inputs, readingContext(ports, settings, options));
			asides.push({digest, images: each.images, changes: changes.flatMap(change => planChangeOf(change) ?? []), undo});
			weighed.push(row);
		} catch (error) {
			options.signal.throwIfAborted();
			weighed.push({...row, possible: false, why: asOperatorError(error).message});
		}
	}

	return {weighed, asides};
}
