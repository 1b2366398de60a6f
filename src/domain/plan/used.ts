import type {Plan, PlanImage} from './plan.ts';

/**
 * Whether something needs the image. Undefined: nothing is known to, and not everything was looked at.
 * @see recovery.md: nobody calls an image unused that nobody looked for
 */
export function isUsed(
	{need, usedBy}: Pick<PlanImage, 'usedBy'> & {need?: PlanImage['need'] | undefined},
	usage: Plan['usage'],
): boolean | undefined {
	if ((need !== undefined && need !== 'other') || (usedBy !== null && usedBy.length > 0)) {
		return true;
	}

	return usedBy !== null && usage?.notLookedAt.length === 0 ? false : undefined;
}
