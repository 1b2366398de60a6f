import {OperatorError} from '../../domain/errors.ts';
import {garbageDay} from './garbage-day.ts';
import {childUnlinked, orphanIndex, orphanIndexCiDown} from './one-image.ts';
import type {Scenario} from './scenario.ts';

/** Those that `regmedic drill` lists. */
export const scenarios: readonly Scenario[] = [orphanIndex, orphanIndexCiDown, childUnlinked];

/** @throws OperatorError drill.unknown-scenario */
export function findScenario(name: string): Scenario {
	const found = [...scenarios, garbageDay].find(scenario => scenario.name === name);

	if (found === undefined) {
		throw new OperatorError('drill.unknown-scenario', `There is no drill "${name}".`, {
			hint: `Choose one of: ${scenarios.map(scenario => scenario.name).join(', ')}.`,
			exit: 'usage',
		});
	}

	return found;
}
