import type {RunbookProblem} from './parser.ts';
import type {Position, Step} from './runbook.ts';

export function problem({line, column}: Position, code: string, message: string): RunbookProblem {
	return {line, column, code, message};
}

/** Where a part of the step's block stands; where it has none, the block itself. */
export function at({positions, position}: Step, part: string): Position {
	return positions[part] ?? positions.block ?? position;
}
