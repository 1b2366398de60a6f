import type {DamagedImage} from '../damage/damaged-image.ts';
import {restartRow} from '../plan/row-id.ts';
import type {Incident} from './incident.ts';
import {isFinished} from './incident.ts';
import {type ItemOutcome, outcomeOfItem} from './item.ts';

/** An image that was found damaged, as it was found first, and what was done about it. */
export type PlannedImage = {
	damaged: DamagedImage;
	/** Every id that it had: a rebuild gives it another digest. */
	ids: Set<string>;
	/** The one restart of the registry repairs it. */
	isByRestart?: boolean;
	/** The latest plan put it off to the next one. */
	putOff?: true;
	/** Of the latest plan that did something about it; absent: it was left. */
	item?: {remedy: string; outcome: ItemOutcome | 'under way'; say: string};
};

/** All images that this incident found damaged, in every plan it made. */
export function plannedImages({visits}: Pick<Incident, 'visits'>): PlannedImage[] {
	const known: PlannedImage[] = [];
	for (const visit of visits) {
		const output = isFinished(visit) ? visit.output : undefined;
		for (const image of output?.kind === 'scope' ? output.images : []) {
			const same = known.find(({damaged}) => isSame(damaged, image));
			if (same === undefined) {
				known.push({damaged: image, ids: new Set([image.id])});
			} else {
				same.ids.add(image.id);
			}
		}

		for (const image of known) {
			image.isByRestart ||= output?.kind === 'scope' && output.byRestart.some(id => image.ids.has(id));
		}

		if (output?.kind === 'plan') {
			const rows = new Set(output.putOff?.map(({row}) => row));
			for (const image of known) {
				const {ids, isByRestart} = image;
				delete image.putOff;
				if ([...rows].some(row => ids.has(row) || (isByRestart && row === restartRow))) {
					image.putOff = true;
				}
			}
		}

		for (const item of visit.items ?? []) {
			const outcome = outcomeOfItem(item) ?? 'under way';
			const say = 'say' in item.state ? item.state.say : '';
			const isOf = ({ids, isByRestart}: PlannedImage) => (item.row === restartRow ? isByRestart : ids.has(item.row));
			for (const image of known.filter(isOf)) {
				image.item = {remedy: item.remedy, outcome, say};
			}
		}
	}

	return known;
}

function isSame(one: DamagedImage, other: DamagedImage): boolean {
	return (
		one.repository === other.repository &&
		((one.digest !== undefined && one.digest === other.digest) || one.tags.some(tag => other.tags.includes(tag)))
	);
}
