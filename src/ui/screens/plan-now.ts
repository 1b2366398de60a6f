import type {PlanRow} from '../../domain/incident/plan-row.ts';
import {sayLater, settledItems} from '../../domain/incident/rows-now.ts';
import {count} from '../../domain/text/wording.ts';

/** Where rows are marked: those that are done now, with what they need, and how many are put off. */
export type Split = {now: ReadonlySet<string>; later: number};

export function splitOf(rows: readonly PlanRow[]): Split | undefined {
	if (!rows.some(({now}) => now)) {
		return undefined;
	}

	const {items, putOff} = settledItems(rows);
	return {now: new Set(items.map(({row}) => row)), later: putOff.length};
}

export function sayNow({now, later}: Split): string {
	return `enter accepts ${count(now.size, 'row')} of now; ${sayLater(later)}`;
}

/** `now, `; of a row that a marked one needs, `needed now, ` */
export function sayWhen(rows: readonly PlanRow[], split: Split | undefined): string {
	const marked = rows.filter(({now}) => now).length;
	const needed = rows.some(({id}) => split?.now.has(id));
	return marked > 0 ? (marked === rows.length ? 'now, ' : `${marked} now, `) : needed ? 'needed now, ' : '';
}
