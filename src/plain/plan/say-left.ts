import {sayNames} from '../../domain/plan/groups.ts';
import type {PlanImage} from '../../domain/plan/plan.ts';
import {wrap} from '../../domain/text/wrap.ts';

/** Why images stay damaged: each reason that rules a remedy out once, with the images that it holds for. */
export function sayLeft(left: readonly PlanImage[], columns: number): string[] {
	const reasons = new Map<string, string[]>();
	for (const {id, remedies} of left) {
		for (const {remedy, possible, why} of remedies) {
			const reason = `not ${remedy}: ${why}`;
			if (!possible) {
				reasons.set(reason, [...(reasons.get(reason) ?? []), id]);
			}
		}
	}

	return reasons.size === 0
		? []
		: [
				'',
				...wrap(`Why ${left.length === 1 ? 'one is' : `${left.length} are`} left:`, {rest: '  ', columns}),
				...[...reasons].flatMap(([reason, ids]) =>
					wrap(ids.length === left.length ? reason : `${reason} (${sayNames(ids)})`, {
						first: '  ',
						rest: '    ',
						columns,
					}),
				),
			];
}
