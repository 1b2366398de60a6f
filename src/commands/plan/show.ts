import {createHash} from 'node:crypto';
import path from 'node:path';
import {readRegularText} from '../../adapters/configuration/regular-file.ts';
import {exitCodes, OperatorError} from '../../domain/errors.ts';
import {parsePlan} from '../../domain/plan/plan.ts';
import {visibleJson} from '../../domain/text/visible.ts';
import type {Invocation} from '../../invocation.ts';
import {sayPlan} from '../../plain/plan/say-plan.ts';

/** `regmedic plan show FILE`: the plan as its gate shows it. */
export async function showPlan(name: string, {folder, flags, terminal, print}: Invocation): Promise<number> {
	const file = path.resolve(folder, name);
	const source = await readRegularText(file).catch((cause: NodeJS.ErrnoException) => {
		throw new OperatorError('plan.unreadable', `Can't read ${file}: ${cause.code ?? cause.message}.`, {
			hint: 'Name the file that `regmedic respond --plan FILE` wrote.',
			exit: 'usage',
			cause,
		});
	});
	const plan = parsePlan(source, file);
	const sha256 = createHash('sha256').update(source).digest('hex');
	print(
		flags.json
			? `${visibleJson(plan, '  ')}\n`
			: `${[...sayPlan(plan, terminal.columns()), '', `SHA-256 of the file: ${sha256}`].join('\n')}\n`,
	);
	return exitCodes.done;
}
