import {exitCodes} from '../../domain/errors.ts';
import {visibleJson} from '../../domain/text/visible.ts';
import type {Invocation} from '../../invocation.ts';
import {sayPlan} from '../../plain/plan/say-plan.ts';
import {readPlanFile} from '../respond/plan-file.ts';

/** `regmedic plan show FILE`: the plan as its gate shows it. */
export async function showPlan(name: string, invocation: Invocation): Promise<number> {
	const {flags, terminal, print} = invocation;
	const {plan, sha256} = await readPlanFile(name, invocation);
	print(
		flags.json
			? `${visibleJson(plan, '  ')}\n`
			: `${[...sayPlan(plan, terminal.columns()), '', `SHA-256 of the file: ${sha256}`].join('\n')}\n`,
	);
	return exitCodes.done;
}
