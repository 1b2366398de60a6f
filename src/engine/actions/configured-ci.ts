import {referenceTo} from '../../domain/damage/damaged-image.ts';
import {OperatorError} from '../../domain/errors.ts';
import {parseSettings} from '../../domain/incident/settings.ts';
import type {Ci} from '../ports/ci.ts';
import type {ActionContext} from './action.ts';

type Configured = Pick<ActionContext, 'ports' | 'settings' | 'planned'>;

/**
 * The CI of the image; where it has none, that of another image that was found damaged: a configuration has one CI.
 * @param hint what a person can do without it
 * @throws OperatorError ci.unconfigured
 */
export function configuredCi(context: Configured, hint: string): Ci {
	return ciOf(context) ?? unconfigured(hint);
}

export function ciOf({ports, planned = []}: Configured): Ci | undefined {
	for (const {damaged} of ports.ci === undefined ? planned : []) {
		const {ci} = ports.of?.(referenceTo(damaged, ports.registry.host)).ports ?? {};
		if (ci !== undefined) {
			return ci;
		}
	}

	return ports.ci;
}

/** The repository whose pipeline builds the image. @throws OperatorError ci.unconfigured */
export function buildRepository({settings: {pipeline}}: Configured, hint: string): string {
	return pipeline?.repository ?? unconfigured(hint);
}

/** The repositories whose pipelines build the image or run in it, and those of every image that was found damaged. */
export function repositoriesOf({ports, settings, planned = []}: Configured): string[] {
	const others = planned.flatMap(
		({damaged}) => parseSettings(ports.of?.(referenceTo(damaged, ports.registry.host)).settings) ?? [],
	);
	const repositories = [settings, ...others].flatMap(({pipeline, usedByPipelines}) => [
		...(pipeline ? [pipeline.repository] : []),
		...usedByPipelines,
	]);
	return [...new Set(repositories)];
}

function unconfigured(hint: string): never {
	throw new OperatorError('ci.unconfigured', 'No CI is configured for this image.', {hint, exit: 'configuration'});
}
