import {OperatorError} from '../../domain/errors.ts';
import {garbageDay} from './garbage-day.ts';
import {childUnlinked, orphanIndex, orphanIndexCiDown} from './one-image.ts';
import type {Scenario} from './scenario.ts';

/** The first is what `regmedic drill` rehearses. */
export const scenarios: readonly Scenario[] = [garbageDay, orphanIndex, orphanIndexCiDown, childUnlinked];

/** @throws OperatorError drill.unknown-scenario */
export function findScenario(name: string): Scenario {
	const found = scenarios.find(scenario => scenario.name === name);

	if (found === undefined) {
		throw new OperatorError('drill.unknown-scenario', `There is no drill "${name}".`, {
			hint: `Choose one of: ${scenarios.map(scenario => scenario.name).join(', ')}.`,
			exit: 'usage',
		});
	}

	return found;
}
