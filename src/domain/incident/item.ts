import type {JsonObject} from '../json.ts';
import {count} from '../text/wording.ts';
import type {EvidenceNote, Problem, StepStamp} from './event.ts';
import type {OnlyWith, PlanRow, Prepared} from './plan-row.ts';

/** A line of a settled plan: what is carried out, and what has to be done before it. */
export type PlannedItem = Prepared & {
	/** A number within its plan, from 1. */
	id: string;
	row: string;
	title: string;
	/** Items of the same plan; all of them stand above this one. */
	after: string[];
	/** Items above it that have to be over first, however they end. */
	waitsFor?: string[];
	/** Items of the same plan, one of which has to be left to do: without them it is not begun. */
	onlyWith?: string[];
};

/** A line of a plan while it is carried out. */
export type Item = PlannedItem & {
	/** A retry that a person orders is a new attempt, with a request id of its own. */
	attempt: number;
	state: ItemState;
	/** When a person approved it; absent: its effect must not begin. */
	approvedAt?: string;
	/** The request ids of all attempts that were begun, the last of them last. */
	requests: string[];
	progress: {at: string; name: string; detail: JsonObject; say: string}[];
	evidence: EvidenceNote[];
	/** How often it became unknown whether the change of this attempt happened. */
	lost: number;
};

export type ItemState =
	| {kind: 'pending'}
	/** `attach`: what is known of an effect that was already under way. */
	| {kind: 'running'; request: string; attach?: JsonObject}
	/** It may have happened. `asked`: the outside system was asked and could not tell. */
	| {kind: 'unsure'; request: string; asked: boolean; say: string}
	/** What its change expects could not be looked up: a person has it looked up again. */
	| {kind: 'waiting'; say: string; problem?: Problem}
	| {
			kind: 'ended';
			outcome: Exclude<ItemOutcome, 'unsure' | 'waiting'>;
			say: string;
			at: string;
			problem?: Problem;
			/** No sign of its change was found: it says nothing against the remedy. */
			notSeen?: true;
			/** The output of the action as the journal keeps it. */
			values: JsonObject;
	  };

/**
 * `already-whole`: there was nothing left to do. `changed`: the world is not what was approved. `expired`: approved too long
 * ago. Those three leave the world untouched. `left`: it was not begun, because of what it needs or because a person ended it.
 */
export type ItemOutcome =
	| 'done'
	| 'already-whole'
	| 'changed'
	| 'failed'
	| 'skipped'
	| 'by-hand'
	| 'unsure'
	| 'waiting'
	| 'expired'
	| 'left';

const good: readonly ItemOutcome[] = ['done', 'already-whole', 'by-hand'];

/** How an item ended, or would if nothing more were done; undefined: it is under way. */
export function outcomeOfItem({state}: Item): ItemOutcome | undefined {
	switch (state.kind) {
		case 'pending':
			return 'left';
		case 'running':
			return undefined;
		case 'ended':
			return state.outcome;
		default:
			return state.kind;
	}
}

export function isGood(item: Item): boolean {
	return isGoodOutcome(outcomeOfItem(item) ?? 'left');
}

/** Whether what an item was to change is as it was to be. */
export function isGoodOutcome(outcome: ItemOutcome | 'under way'): boolean {
	return outcome !== 'under way' && good.includes(outcome);
}

/** An effect that may be changing the world: nobody may walk away from it as if it were not there. */
export function isOpen({state}: Item): boolean {
	return state.kind === 'running' || state.kind === 'unsure';
}

/** The items that wait for a person's word. */
export function heldItems(items: readonly Item[] = []): Item[] {
	return items.filter(({state}) => state.kind === 'waiting' || (state.kind === 'unsure' && state.asked));
}

/** The items of a settled plan, numbered from the top. A row that is left is nobody's condition. */
export function itemsOf(rows: readonly PlanRow[]): PlannedItem[] {
	const isPlanned = ({rows: wanted, remedies}: OnlyWith) =>
		rows.some(({id, remedy, prepared}) => prepared && wanted.includes(id) && remedies.includes(remedy));
	const planned = rows.flatMap(row => {
		const {id, title, after, waitsFor = [], onlyWith, remedy, remedies, prepared} = row;
		const more = remedies.find(each => each.remedy === remedy)?.after ?? [];
		const isIn = prepared && (onlyWith === undefined || isPlanned(onlyWith));
		return isIn ? [{row: id, title, after: [...new Set([...after, ...more])], waitsFor, onlyWith, prepared}] : [];
	});
	const numbers = new Map(planned.map(({row}, at) => [row, String(at + 1)]));
	const numbersOf = (ids: readonly string[]) => ids.flatMap(each => numbers.get(each) ?? []);
	return planned.map(({row, title, after, waitsFor, onlyWith, prepared}) => ({
		...prepared,
		id: numbers.get(row)!,
		row,
		title,
		after: numbersOf(after),
		...(waitsFor.length > 0 && {waitsFor: numbersOf(waitsFor)}),
		...(onlyWith && {
			onlyWith: numbersOf(
				onlyWith.rows.filter(id => rows.some(each => each.id === id && onlyWith.remedies.includes(each.remedy))),
			),
		}),
	}));
}

export function newItem(planned: PlannedItem): Item {
	return {
		...planned,
		attempt: 1,
		state: {kind: 'pending'},
		requests: [],
		progress: [],
		evidence: [],
		lost: 0,
	};
}

/** The id that the change of this attempt carries to the outside system. */
export function itemRequestId(
	incident: string,
	{step, attempt}: StepStamp,
	item: Pick<Item, 'id' | 'attempt'>,
): string {
	return `${incident}.${step}.${attempt}.${item.id}.${item.attempt}`;
}

/** `blocked`: it waits for what it needs. `doomed`: what it needs has failed. */
type Standing = 'ready' | 'blocked' | 'doomed';

/** Of the pending items, by id: whether each may begin. One pass is enough: every item stands below what it needs. */
export function standings(items: readonly Item[]): Map<string, Standing> {
	const found = new Map<string, Standing>();
	const byId = new Map(items.map(item => [item.id, item]));
	const isFailed = (id: string) => {
		const {state} = byId.get(id)!;
		return state.kind === 'ended' ? !isGood(byId.get(id)!) : found.get(id) === 'doomed';
	};
	const isOver = (id: string) => byId.get(id)!.state.kind === 'ended' || found.get(id) === 'doomed';
	for (const {id, state, after, waitsFor = [], onlyWith} of items) {
		if (state.kind === 'pending') {
			const isReady = after.every(each => isGood(byId.get(each)!)) && waitsFor.every(isOver);
			const isDoomed = after.some(isFailed) || onlyWith?.every(isFailed) === true;
			found.set(id, isDoomed ? 'doomed' : isReady ? 'ready' : 'blocked');
		}
	}

	return found;
}

/** Nothing more happens by itself, and nothing waits for a person. */
export function areOver(items: readonly Item[]): boolean {
	const found = standings(items);
	return items.every(({id, state}) => state.kind === 'ended' || found.get(id) === 'doomed');
}

/** Of a process that has stopped: what was under way is looked up, and what has not begun is approved again. */
export function resumedItems(items: readonly Item[]): Item[] {
	return items.map(item => {
		const {approvedAt: _, ...unapproved} = item;
		const {state} = item;
		switch (state.kind) {
			case 'running': {
				const say = 'regmedic stopped while this was under way.';
				return {...item, state: {kind: 'unsure', request: state.request, asked: false, say}};
			}

			case 'unsure':
				return {...item, state: {...state, asked: false}};
			case 'pending':
			case 'waiting':
				return {...unapproved, state: {kind: 'pending'}};
			default:
				return item;
		}
	});
}

/** How many are done, of how many: the outcome of the step. */
export function outcomeOfItems(items: readonly Item[]): 'all' | 'some' | 'none' {
	const done = items.filter(isGood).length;
	return done === items.length ? 'all' : done === 0 ? 'none' : 'some';
}

/** `8 of 10 done; 1 failed; 1 left` */
export function sayItems(items: readonly Item[]): string {
	const rest = Map.groupBy(
		items.filter(item => !isGood(item)),
		item => outcomeOfItem(item) ?? 'under way',
	);
	const done = items.filter(isGood).length;
	return [
		`${done} of ${count(items.length, 'item')} done`,
		...[...rest].map(([how, some]) => `${some.length} ${how}`),
	].join('; ');
}

/** `4 rebuild-ci, 2 relink`: by which remedies something was done, or may have been. */
export function sayRemediesOf(items: readonly Item[]): string {
	const begun = items.filter(item => item.requests.length > 0 || outcomeOfItem(item) === 'by-hand');
	return [...Map.groupBy(begun, ({remedy}) => remedy)].map(([remedy, some]) => `${some.length} ${remedy}`).join(', ');
}

/** A destructive change that was approved longer ago than this is not begun. @see recovery.md: destructive items expire after an hour */
const destructiveForMs = 60 * 60_000;

export function isExpired({approvedAt, destructive}: Item, at: string): boolean {
	const age = Date.parse(at) - Date.parse(approvedAt ?? '');
	// A clock that went back tells nothing about the age.
	return destructive > 0 && !(age >= 0 && age <= destructiveForMs);
}

/** What has to be typed to approve so many destructive changes; none of them: `approve`. */
export function phraseFor(destructive: number, registry: string): string {
	return destructive === 0 ? 'approve' : `${destructive} ${registry}`;
}
