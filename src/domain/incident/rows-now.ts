import {count} from '../text/wording.ts';
import {itemsOf, type PlannedItem} from './item.ts';
import type {PlanRow} from './plan-row.ts';

/** A row of a settled plan that waits for the next plan: nothing is done about it now, and it is not left. */
export type PutOff = {row: string; title: string};

/**
 * What a settled plan does. Where rows are marked `now`, it does these with what they need, and puts the others off; a row that is
 * left is not put off. Where none is marked, it does all of them.
 */
export function settledItems(rows: readonly PlanRow[]): {items: PlannedItem[]; putOff: PutOff[]} {
	const all = itemsOf(rows);
	if (!rows.some(({now}) => now)) {
		return {items: all, putOff: []};
	}

	const wanted = withNeeds(rows);
	const items = itemsOf(rows.filter(({id}) => wanted.has(id)));
	const done = new Set(items.map(({row}) => row));
	return {items, putOff: all.filter(({row}) => !done.has(row)).map(({row, title}) => ({row, title}))};
}

/** Whether something would be done about this row: only then it can be done now. */
export function canBeNow(rows: readonly PlanRow[], id: string): boolean {
	return itemsOf(rows).some(({row}) => row === id);
}

/** `3 rows were put off to the next plan.` Undefined: none was. */
export function sayPutOff(rows: number): string | undefined {
	return rows === 0 ? undefined : `${count(rows, 'row was', 'rows were')} put off to the next plan.`;
}

/** Of a plan that is not settled yet. */
export function sayLater(rows: number): string {
	return `${count(rows, 'row waits', 'rows wait')} for the next plan.`;
}

/** Every need of a row is a row of the same plan; each pass adds those of what the pass before has added. */
function withNeeds(rows: readonly PlanRow[]): Set<string> {
	const planned = new Map(rows.filter(({prepared}) => prepared).map(row => [row.id, row]));
	const wanted = new Set([...planned.values()].filter(({now}) => now).map(({id}) => id));
	const partnersOf = ({onlyWith}: PlanRow) =>
		(onlyWith?.rows ?? []).filter(id => onlyWith!.remedies.includes(planned.get(id)?.remedy ?? ''));
	const hasPartner = (row: PlanRow) => partnersOf(row).some(id => wanted.has(id));
	const needsOf = (row: PlanRow) => [
		...row.after,
		...(row.remedies.find(({remedy}) => remedy === row.remedy)?.after ?? []),
		// What it only waits for, as the restart for bad data, is not done without its own images.
		...(row.waitsFor ?? []).filter(id => {
			const other = planned.get(id);
			return other !== undefined && (other.onlyWith === undefined || hasPartner(other));
		}),
		...(row.onlyWith === undefined || hasPartner(row) ? [] : partnersOf(row)),
	];
	for (let before = -1; before < wanted.size; ) {
		before = wanted.size;
		for (const id of [...wanted]) {
			for (const need of needsOf(planned.get(id)!)) {
				if (planned.has(need)) {
					wanted.add(need);
				}
			}
		}
	}

	return wanted;
}
