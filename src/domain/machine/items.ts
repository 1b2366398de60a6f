import type {StepStamp} from '../incident/event.ts';
import type {Incident, Visit} from '../incident/incident.ts';
import {areOver, type Item, isExpired, isGood, outcomeOfItem, outcomeOfItems, sayItems} from '../incident/item.ts';
import {sayPutOff} from '../incident/rows-now.ts';
import {type JsonObject, toJson} from '../json.ts';
import type {Advanced} from './effects.ts';
import {finish} from './endings.ts';
import {type ItemEvent, itemAfter} from './item-after.ts';
import {newItemEffects} from './item-effects.ts';
import {editVisit, visitOf} from './visits.ts';

/**
 * The incident after an event about one item. The others go on, whatever becomes of this one. When nothing is left that could
 * still be done, the step ends. An event that does not fit the item's state changes nothing.
 */
export function itemTurn(incident: Incident, event: ItemEvent): Advanced {
	const visit = visitOf(incident, event);
	const item = visit?.state === 'running' ? visit.items?.find(({id}) => id === event.item) : undefined;
	const after = item && itemAfter(incident, item, event);
	if (!item || !after) {
		return [incident, []];
	}

	return settleItems(
		incident,
		editItem(marked(incident, item, event), event, () => after),
		event,
	);
}

/** Ends the step where every item is over. */
export function settleItems(
	before: Incident,
	after: Incident,
	event: StepStamp & {at: string; type: string},
): Advanced {
	const visit = visitOf(after, event);
	if (visit?.state !== 'running' || !areOver(visit.items ?? [])) {
		return [after, newItemEffects(before, after)];
	}

	return finish(after, {...endOf(visit), at: event.at, how: event.type === 'effect.assumed' ? 'assumed' : 'ran'});
}

/** How a visit with items ends: what became of each. */
function endOf({step, attempt, items = [], putOff = 0}: Visit) {
	return {
		step,
		attempt,
		outcome: outcomeOfItems(items),
		output: {kind: 'applied' as const, done: items.filter(isGood).length, of: items.length},
		values: {
			items: toJson(
				items.map(item => ({
					id: item.id,
					row: item.row,
					remedy: item.remedy,
					outcome: outcomeOfItem(item) ?? 'unsure',
					say: 'say' in item.state ? item.state.say : '',
					...(item.state.kind === 'ended' && item.state.notSeen && {notSeen: true}),
					...(item.state.kind === 'ended' && item.state.problem && {code: item.state.problem.code}),
				})),
			),
		} satisfies JsonObject,
		say: [`${sayItems(items)}.`, sayPutOff(putOff)].filter(each => each !== undefined).join(' '),
	};
}

function editItem(incident: Incident, event: StepStamp & {item: string}, edit: (item: Item) => Item): Incident {
	return editVisit(incident, event, visit =>
		visit.items ? {...visit, items: visit.items.map(item => (item.id === event.item ? edit(item) : item))} : visit,
	);
}

/** From here on the item's change may have been made: the image is unknown until it is checked again. */
function marked(incident: Incident, item: Item, event: ItemEvent): Incident {
	const begins = event.type === 'effect.intended' && !isExpired(item, event.at);
	if (!begins && event.type !== 'item.done-by-hand') {
		return incident;
	}

	return {
		...incident,
		changed: incident.changed || begins || !item.sparesImage,
		...(item.sparesImage ? {} : {verdict: {verdict: 'unknown' as const, at: event.at}}),
	};
}
