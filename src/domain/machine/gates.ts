import {defined} from '../defined.ts';
import type {EventOf} from '../incident/event.ts';
import type {Gate, Incident} from '../incident/incident.ts';
import type {Item} from '../incident/item.ts';
import {parseChanges} from '../incident/parse-changes.ts';
import {type Advanced, enter, stampOf} from './effects.ts';
import {arriveAtDecide} from './endings.ts';
import {settleItems} from './items.ts';
import {abandonVisit, editVisit, visitOf} from './visits.ts';

export function gateOpened(incident: Incident, event: EventOf<'gate.opened'>): Advanced {
	const {target, changes, plan, undo, phrase, unguarded, expires, items, at} = event;
	const gate: Gate = {
		target,
		changes: parseChanges(changes, plan),
		undo,
		openedAt: at,
		expires,
		...defined({
			phrase,
			unguarded,
			items: items?.map(item => ({...item, changes: parseChanges(item.changes, item.plan)})),
		}),
	};
	return enter(
		editVisit(incident, event, visit => ({...visit, gate})),
		{kind: 'gate', ...stampOf(event)},
	);
}

/** A gate fails closed: only the exact answer, in time, approves. Declining works at any time. */
export function gateAnswered(incident: Incident, event: EventOf<'gate.answered'>): Advanced {
	const gate = visitOf(incident, event)!.gate!;
	const stamp = stampOf(event);
	const {why} = event;
	const answered = (approved: boolean) =>
		editVisit(incident, event, visit => ({
			...visit,
			gate: {...gate, answer: {approved, by: event.actor, at: event.at, ...defined({why})}},
		}));
	const {items} = visitOf(incident, event)!;
	if (event.answer === 'decline') {
		if (items?.some(({requests, state}) => requests.length > 0 || state.kind === 'ended')) {
			return settleItems(incident, leaveItems(answered(false), event), event);
		}

		const say = why ?? 'Declined at the gate.';
		return arriveAtDecide(abandonVisit(answered(false), {endedAt: event.at, ended: 'declined', say}));
	}

	// With a clock that went back, or a time that cannot be parsed, the answer may be late: the gate is shown again.
	const [at, openedAt, expires] = [event.at, gate.openedAt, gate.expires].map(time => Date.parse(time));
	if (!(at! >= openedAt! && at! <= expires!)) {
		return enter(incident, {kind: 'gating', ...stamp});
	}

	if (items && event.answer === (gate.phrase ?? 'approve')) {
		return enter(approveItems(answered(true), event), {kind: 'applying', ...stamp});
	}

	return event.answer === (gate.phrase ?? 'approve')
		? enter(answered(true), {kind: 'intending', tries: 0, ...stamp})
		: enter(incident, {kind: 'gate', refused: event.answer, ...stamp});
}

/** Only what the gate has shown is approved. */
function approveItems(incident: Incident, event: EventOf<'gate.answered'>): Incident {
	const shown = new Set(visitOf(incident, event)?.gate?.items?.map(({id}) => id));
	return editVisit(incident, event, visit => ({
		...visit,
		items: (visit.items ?? []).map(item =>
			item.state.kind === 'pending' && shown.has(item.id) ? {...item, approvedAt: event.at} : item,
		),
	}));
}

/** A plan that is half applied is declined: what has not begun does not begin, and what is under way is followed to its end. */
function leaveItems(incident: Incident, event: EventOf<'gate.answered'>): Incident {
	const state: Item['state'] = {
		kind: 'ended',
		outcome: 'left',
		say: event.why ?? 'Declined at the gate.',
		at: event.at,
		values: {},
	};
	return {
		...editVisit(incident, event, visit => ({
			...visit,
			items: (visit.items ?? []).map(item => (item.state.kind === 'pending' ? {...item, state} : item)),
		})),
		phase: {kind: 'applying', ...stampOf(event)},
	};
}
