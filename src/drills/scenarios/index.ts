import {OperatorError} from '../../domain/errors.ts';
import {childUnlinked} from './child-unlinked.ts';
import {orphanIndex} from './orphan-index.ts';
import {orphanIndexCiDown} from './orphan-index-ci-down.ts';
import type {Scenario} from './scenario.ts';

const scenarios: readonly Scenario[] = [orphanIndex, orphanIndexCiDown, childUnlinked];

export function listScenarios(): readonly Scenario[] {
	return scenarios;
}

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
