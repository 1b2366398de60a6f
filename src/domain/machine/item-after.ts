import {defined} from '../defined.ts';
import type {EventOf, JournalEvent, Problem} from '../incident/event.ts';
import {type Incident, stillRunning} from '../incident/incident.ts';
import {type Item, type ItemState, isExpired, itemRequestId, standings} from '../incident/item.ts';
import type {JsonObject} from '../json.ts';
import {mostLosses} from './failures.ts';
import {freePlaces} from './item-effects.ts';
import {itemRefusal} from './item-refusals.ts';
import {visitOf} from './visits.ts';

/** The events about one item of a plan. */
export type ItemEvent = Extract<JournalEvent, {item?: string}> & {item: string};

/** The item after an event. Undefined: the event does not fit. Pure. */
export function itemAfter(incident: Incident, item: Item, event: ItemEvent): Item | undefined {
	const {state} = item;
	const to = (next: ItemState): Item => ({...item, state: next});
	const end = (
		outcome: Extract<ItemState, {kind: 'ended'}>['outcome'],
		say: string,
		more: {problem?: Problem | undefined; values?: JsonObject} = {},
	): Item => {
		const {problem, values = {}} = more;
		return to({kind: 'ended', outcome, say, at: event.at, values, ...defined({problem})});
	};

	switch (event.type) {
		case 'item.checked':
			if (state.kind !== 'pending' || (incident.phase.kind !== 'applying' && !incident.dryRun)) {
				return undefined;
			}

			return event.found === 'unknown'
				? to({kind: 'waiting', say: event.say, ...defined({problem: event.problem})})
				: end(event.found, event.say, event);

		case 'effect.intended':
			if (!mayBegin(incident, item, event)) {
				return undefined;
			}

			return isExpired(item, event.at)
				? end('expired', 'It was approved too long ago.')
				: {...to({kind: 'running', request: event.request}), requests: [...item.requests, event.request]};

		case 'effect.progressed': {
			const {at, name, detail, say} = event;
			return state.kind === 'running' ? {...item, progress: [...item.progress, {at, name, detail, say}]} : undefined;
		}

		case 'effect.finished': {
			if (state.kind !== 'running') {
				return undefined;
			}

			const kept = {...item, evidence: [...item.evidence, ...(event.evidence ?? [])]};
			const ended = endedBy(item, event, state.request, event.at);
			return {...kept, state: ended};
		}

		case 'effect.failed': {
			if (state.kind !== 'running') {
				return undefined;
			}

			const {problem, indeterminate, evidence = []} = event;
			const lost = item.lost + (indeterminate ? 1 : 0);
			const kept = {...item, lost, evidence: [...item.evidence, ...evidence]};
			const asked = lost >= mostLosses;
			return indeterminate
				? {...kept, state: {kind: 'unsure', request: state.request, asked, say: problem.message}}
				: {...kept, state: end('failed', problem.message, {problem}).state};
		}

		case 'effect.reconciled':
			return state.kind === 'unsure' && !state.asked ? to(lookedUp(item, event, state.request)) : undefined;

		case 'effect.assumed':
			return incident.dryRun && state.kind === 'pending' ? end('done', event.say) : undefined;

		case 'item.skipped':
			return itemRefusal(incident, event) === undefined ? end('skipped', event.reason) : undefined;

		case 'item.done-by-hand':
			return itemRefusal(incident, event) === undefined ? end('by-hand', event.reason) : undefined;

		case 'item.retried':
			return itemRefusal(incident, event) === undefined ? retried(item, event.at) : undefined;
	}
}

/** The outcome of its action. One that says that the work goes on without us is no end: it can be followed again. */
function endedBy(
	{success}: Item,
	{outcome, output: values, say, problem}: Pick<EventOf<'effect.finished'>, 'outcome' | 'output' | 'say' | 'problem'>,
	request: string,
	at: string,
): ItemState {
	if (outcome === stillRunning) {
		return {kind: 'unsure', request, asked: true, say};
	}

	const isDone = success.includes(outcome);
	return {kind: 'ended', outcome: isDone ? 'done' : 'failed', say, at, values, ...defined({problem})};
}

/** What the outside system says became of it. */
function lookedUp(item: Item, event: EventOf<'effect.reconciled'>, request: string): ItemState {
	const {found, say, output: values = {}, outcome = item.success[0] ?? 'done', problem, at} = event;
	switch (found) {
		case 'done':
			return endedBy(item, {outcome, output: values, say, ...defined({problem})}, request, at);
		// A person may order it again; nobody else does.
		case 'not-done':
			return {
				kind: 'ended',
				outcome: 'failed',
				say: `No sign of it was found. ${say}`,
				notSeen: true,
				at,
				values: {},
				...defined({problem}),
			};
		case 'running':
			return {kind: 'running', request, attach: values};
		case 'unknown':
			return {kind: 'unsure', request, asked: true, say};
	}
}

/** Approved, with all that it needs done, and a place free. */
function mayBegin(incident: Incident, item: Item, event: EventOf<'effect.intended'>): boolean {
	const items = visitOf(incident, event)?.items ?? [];
	return (
		incident.phase.kind === 'applying' &&
		item.approvedAt !== undefined &&
		standings(items).get(item.id) === 'ready' &&
		freePlaces(items, item) > 0 &&
		event.request === itemRequestId(incident.id, event, item)
	);
}

/** What may have happened is looked up again; what has not begun is asked again; what has ended begins anew. */
function retried(item: Item, at: string): Item {
	const {state} = item;
	switch (state.kind) {
		case 'unsure':
			return {...item, state: {...state, asked: false}};
		case 'waiting':
			return {...item, state: {kind: 'pending'}};
		default:
			return {...item, state: {kind: 'pending'}, attempt: item.attempt + 1, approvedAt: at, lost: 0};
	}
}
