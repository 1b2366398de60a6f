import {defined} from '../defined.ts';
import type {StepStamp} from '../incident/event.ts';
import {currentVisit, type Incident} from '../incident/incident.ts';
import {type Item, standings} from '../incident/item.ts';
import type {JsonObject} from '../json.ts';

/** What has to be done for an item of a plan. */
type ItemEffect = StepStamp & {item: string} & (
		| {kind: 'begin'}
		| {kind: 'perform'; request: string; attach?: JsonObject}
		| {kind: 'reconcile'; request: string}
	);

/**
 * What items have to have done: those under way are followed also while a gate is open, and none begins before it is approved.
 * Of each action only so many begin at once, from the top.
 */
export function itemEffects(incident: Incident): ItemEffect[] {
	const {phase} = incident;
	const visit = currentVisit(incident);
	if (!visit?.items || visit.state !== 'running') {
		return [];
	}

	const {step, attempt, items} = visit;
	const underWay = items.flatMap(({id: item, state}): ItemEffect[] => {
		switch (state.kind) {
			case 'running': {
				const {request, attach} = state;
				return [{kind: 'perform', step, attempt, item, request, ...defined({attach})}];
			}

			case 'unsure':
				return state.asked ? [] : [{kind: 'reconcile', step, attempt, item, request: state.request}];

			default:
				return [];
		}
	});
	if (phase.kind !== 'applying') {
		return underWay;
	}

	const found = standings(items);
	const free = new Map<string, number>();
	const begin = items
		.filter(({id, approvedAt}) => found.get(id) === 'ready' && approvedAt !== undefined)
		.filter(item => {
			const left = free.get(item.action) ?? freePlaces(items, item);
			free.set(item.action, left - 1);
			return left > 0;
		});
	return [...underWay, ...begin.map(({id: item}): ItemEffect => ({kind: 'begin', step, attempt, item}))];
}

/** Those that were not there before: the others have begun already. */
export function newItemEffects(before: Incident, after: Incident): ItemEffect[] {
	const known = new Set(itemEffects(before).map(each => JSON.stringify(each)));
	return itemEffects(after).filter(each => !known.has(JSON.stringify(each)));
}

/**
 * How many more items of this action may begin. One whose effect is unknown, and that a person has to look at, does not keep
 * the others from theirs.
 */
export function freePlaces(items: readonly Item[], {action, atOnce}: Item): number {
	const taken = items.filter(
		({action: other, state}) =>
			other === action && (state.kind === 'running' || (state.kind === 'unsure' && !state.asked)),
	);
	return atOnce - taken.length;
}
