import * as v from 'valibot';
import {type Incident, isFinished} from '../incident/incident.ts';
import type {PlanRow} from '../incident/plan-row.ts';
import type {PlanImage} from './plan.ts';

const withTags = v.object({tags: v.array(v.string())});

/**
 * Why a damaged image has other tags than those that were approved: a plan is approved for the complete set. Undefined: it has the same
 * ones, or its row does not say which. No item of the plan has run while its rows are settled, so no difference comes from the plan.
 * @param row of the image, as this incident found it
 */
export function whyOtherTags(
	{tags}: Pick<PlanImage, 'tags'>,
	{values}: Pick<PlanRow, 'values'>,
	{visits}: Pick<Incident, 'visits'>,
): string | undefined {
	const row = v.safeParse(withTags, values);
	if (!row.success) {
		return undefined;
	}

	const now = row.output.tags;
	const gone = tags.filter(tag => !now.includes(tag));
	const added = now.filter(tag => !tags.includes(tag));
	// Where not everything could be read, a tag that was not seen may still exist.
	const isComplete = visits.every(
		visit => !isFinished(visit) || visit.output.kind !== 'scope' || visit.output.complete,
	);
	const were = gone.length === 1 ? 'was' : 'were';
	const reasons = [
		...(gone.length === 0
			? []
			: [
					`${gone.join(', ')} ${were} deleted or moved since the plan was made${isComplete ? '' : ', or could not be read now'}.`,
				]),
		...(added.length === 0
			? []
			: [
					`${added.join(', ')} ${added.length === 1 ? 'names' : 'name'} it now, and did not when the plan was made${isComplete ? '' : ', or could not be read then'}.`,
				]),
	];
	return reasons.length === 0 ? undefined : reasons.join(' ');
}
