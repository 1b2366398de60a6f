import {OperatorError} from '../../domain/errors.ts';
import type {BuildCommand} from '../../engine/ports/build-command.ts';
import {attempt, type Line} from './line.ts';

/** Whether the operator's own command for a build could be started. It is not run. */
export function buildCommandLine(image: string, buildCommand: BuildCommand): Promise<Line> {
	return attempt(`build of ${image}`, async () => {
		const found = await buildCommand.programs();
		const missing = found.flatMap(place => ('why' in place ? [place.why] : []));
		if (missing.length > 0) {
			throw new OperatorError(
				'check.build-command',
				`"${buildCommand.command}" would not start: ${missing.join('; ')}.`,
				{
					hint: `Install it on this machine, or correct images.${image}.build in the configuration.`,
					exit: 'configuration',
				},
			);
		}

		const places = [...new Set(found.flatMap(place => ('at' in place ? [place.at] : [])))];
		return `${places.join(' and ')} can be started; nothing was run or ordered`;
	});
}
