import type {Incident} from '../incident/incident.ts';
import {outcomeOfItem} from '../incident/item.ts';
import type {Plan} from './plan.ts';
import {rowOfItem} from './row-id.ts';

/**
 * A plan with what became of it: of every item its outcome, of every image its verdict beside what it was before. An image whose row
 * was not settled as planned has `changed`; one that was not damaged any more, `already-whole`.
 */
export function appliedPlan(plan: Plan, {visits}: Incident) {
	const items = visits.find(visit => visit.items !== undefined)?.items ?? [];
	const rows = new Set(visits.flatMap(visit => visit.rows ?? []).map(({id}) => id));
	const checks = visits.flatMap(visit => (visit.output?.kind === 'check-all' ? [visit.output] : [])).at(-1)?.images;
	return {
		...plan,
		images: plan.images.map(image => {
			const check = checks?.find(({id}) => id === image.id);
			return {
				...image,
				verdict: check?.verdict ?? null,
				comparedToOriginal: check?.comparedToOriginal ?? null,
			};
		}),
		items: plan.items.map(item => {
			const row = rowOfItem(item);
			const done = items.find(each => each.row === row);
			const outcome = done && (outcomeOfItem(done) ?? 'unsure');
			return {
				...item,
				outcome: outcome ?? (rows.has(row) ? 'changed' : 'already-whole'),
				say:
					done === undefined
						? rows.has(row)
							? 'It is not as it was: left alone.'
							: 'It is not damaged any more.'
						: 'say' in done.state
							? done.state.say
							: '',
			};
		}),
	};
}
