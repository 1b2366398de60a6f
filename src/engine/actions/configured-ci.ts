import {OperatorError} from '../../domain/errors.ts';
import type {Ci} from '../ports/ci.ts';
import type {ActionContext} from './action.ts';

type Configured = Pick<ActionContext, 'ports' | 'settings'>;

/**
 * The CI of the image.
 * @param hint what a person can do without it
 * @throws OperatorError ci.unconfigured
 */
export function configuredCi({ports: {ci}}: Configured, hint: string): Ci {
	return ci ?? unconfigured(hint);
}

/** The repository whose pipeline builds the image. @throws OperatorError ci.unconfigured */
export function buildRepository({settings: {pipeline}}: Configured, hint: string): string {
	return pipeline?.repository ?? unconfigured(hint);
}

/** The repositories whose pipelines build the image or run in it. */
export function repositoriesOf({settings: {pipeline, usedByPipelines}}: Configured): string[] {
	return [...new Set([...(pipeline ? [pipeline.repository] : []), ...usedByPipelines])];
}

function unconfigured(hint: string): never {
	throw new OperatorError('ci.unconfigured', 'No CI is configured for this image.', {hint, exit: 'configuration'});
}
