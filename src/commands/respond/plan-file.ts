import {createHash} from 'node:crypto';
import path from 'node:path';
import {readRegularText} from '../../adapters/configuration/regular-file.ts';
import {OperatorError} from '../../domain/errors.ts';
import {type Plan, parsePlan} from '../../domain/plan/plan.ts';
import type {Invocation} from '../../invocation.ts';

/** @throws OperatorError plan.unreadable | plan.invalid */
export async function readPlanFile(
	name: string,
	{folder}: Pick<Invocation, 'folder'>,
): Promise<{file: string; source: string; plan: Plan; sha256: string}> {
	const file = path.resolve(folder, name);
	const source = await readRegularText(file).catch((cause: NodeJS.ErrnoException) => {
		throw new OperatorError('plan.unreadable', `Can't read ${file}: ${cause.code ?? cause.message}.`, {
			hint: 'Name the file that `regmedic respond --plan FILE` wrote.',
			exit: 'usage',
			cause,
		});
	});
	return {file, source, plan: parsePlan(source, file), sha256: createHash('sha256').update(source).digest('hex')};
}
