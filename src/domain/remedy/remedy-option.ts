import {defined} from '../defined.ts';
import type {ChoiceOption} from '../incident/asked.ts';
import type {RemedyOptionKey} from './remedy.ts';

/** One row of the decision table. `takes`: an estimate of the time. */
export type RemedyOption = Required<Omit<ChoiceOption, 'key' | 'blocked'>> & {key: RemedyOptionKey; blocked?: string};

/** With the reason, where an option cannot be taken. */
export function block(isBlocked: boolean, reason: string): {blocked?: string} {
	return defined({blocked: isBlocked ? reason : undefined});
}
