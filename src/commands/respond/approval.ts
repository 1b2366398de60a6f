import {OperatorError} from '../../domain/errors.ts';
import {countDestructive} from '../../domain/plan/items.ts';
import type {Plan} from '../../domain/plan/plan.ts';
import {sayTime} from '../../domain/text/time.ts';
import {count} from '../../domain/text/wording.ts';

export type Approval = {
	/** The SHA-256 of the file, as it was shown to whoever approved it. */
	approve?: string;
	/** The number of destructive changes that were approved. */
	destructive?: number;
};

const hourMs = 3_600_000;
/** Clocks of two machines differ. */
const clockMs = 5 * 60_000;

/**
 * Whether a plan may be applied, by the file and the clock alone. Its own numbers are not believed: what is destructive is counted.
 * @param sha256 of the file @param isAsked a person is asked at the gate
 * @throws OperatorError plan.unapproved (exit 8) | plan.other-approval | plan.expired (exit 2)
 */
export function checkApproval(
	plan: Plan,
	{sha256, file, now, isAsked}: {sha256: string; file: string; now: Date; isAsked: boolean},
	{approve, destructive = 0}: Approval,
): void {
	const dangers = countDestructive(plan.items);
	const wanted = `--approve ${sha256}${dangers > 0 ? ` --destructive ${dangers}` : ''}`;
	const age = now.getTime() - Date.parse(plan.made);
	if (age < -clockMs || now.getTime() > Date.parse(plan.until) || (dangers > 0 && age > hourMs)) {
		throw new OperatorError(
			'plan.expired',
			`The plan of ${sayTime(plan.made)} does not hold any more: ${whyExpired(plan, age, dangers)}.`,
			{
				hint: 'Make another: regmedic respond --plan FILE.',
				exit: 'usage',
			},
		);
	}

	if (approve === undefined) {
		if (isAsked) {
			return;
		}

		throw new OperatorError('plan.unapproved', `${file} is not approved, and there is no terminal to ask at.`, {
			hint: `Read it (regmedic plan show ${file}), then add ${wanted}.`,
			exit: 'indeterminate',
		});
	}

	if (approve.toLowerCase() !== sha256) {
		throw new OperatorError(
			'plan.other-approval',
			`${file} is not the plan that was approved: its SHA-256 is ${sha256}.`,
			{
				hint: `Somebody changed it, or it is another. Read it (regmedic plan show ${file}), then approve what it says.`,
				exit: 'usage',
			},
		);
	}

	if (destructive !== dangers) {
		throw new OperatorError(
			'plan.other-approval',
			`The plan has ${count(dangers, 'destructive change')}, and ${destructive} were approved.`,
			{hint: `Read it (regmedic plan show ${file}), then write ${wanted}.`, exit: 'usage'},
		);
	}
}

function whyExpired({until}: Plan, age: number, dangers: number): string {
	if (age < -clockMs) {
		return 'by the clock of this machine it was not made yet';
	}

	return dangers > 0 && age > hourMs ? 'destructive changes are approved for an hour' : `it ended ${sayTime(until)}`;
}
