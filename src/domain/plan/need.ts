import type {DamagedImage} from '../damage/damaged-image.ts';
import type {ImageReference} from '../image/reference.ts';
import type {Settings} from '../incident/settings.ts';

/** Where an image stands in the table: the first are repaired first. */
export const needs = ['ci-own', 'pipelines', 'reported', 'other'] as const;

export type Need = (typeof needs)[number];

/** @param reported the image that the incident began with */
export function needOf(
	image: DamagedImage,
	{runsInItself, neededByPipelines, usedByPipelines}: Settings,
	reported: ImageReference | undefined,
): Need {
	if (runsInItself) {
		return 'ci-own';
	}

	if (neededByPipelines || usedByPipelines.length > 0) {
		return 'pipelines';
	}

	return reported !== undefined && isImageOf(image, reported) ? 'reported' : 'other';
}

/** Whether the reference names this image. */
export function isImageOf({repository, tags, digest}: DamagedImage, reference: ImageReference): boolean {
	return (
		repository === reference.repository &&
		(reference.tag === undefined ? digest === reference.digest : tags.includes(reference.tag))
	);
}

/** CI's own image first, then the images that pipelines run in, then what was reported; within these as they came. */
export function inOrderOfNeed<Row>(rows: readonly Row[], needOfRow: (row: Row) => Need): Row[] {
	const rank = (row: Row) => needs.indexOf(needOfRow(row));
	return [...rows].sort((one, other) => rank(one) - rank(other));
}
