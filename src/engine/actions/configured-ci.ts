import {OperatorError} from '../../domain/errors.ts';
import type {Ci} from '../ports/ci.ts';
import type {ActionContext} from './action.ts';

/**
 * The CI of the image's own pipeline.
 * @param hint what a person can do without it
 * @throws OperatorError ci.unconfigured
 */
export function configuredCi(
	{ports: {ci}, settings: {pipeline}}: Pick<ActionContext, 'ports' | 'settings'>,
	hint: string,
): {ci: Ci; repository: string} {
	if (ci && pipeline) {
		return {ci, repository: pipeline.repository};
	}

	throw new OperatorError('ci.unconfigured', 'No CI is configured for this image.', {hint, exit: 'configuration'});
}
