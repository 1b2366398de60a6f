import type {Happening} from '../incident/event.ts';
import {currentVisit, type Incident} from '../incident/incident.ts';
import {type Item, phraseFor} from '../incident/item.ts';

type Word = Extract<Happening, {type: 'item.skipped' | 'item.done-by-hand' | 'item.retried'}>;

/** Why a person cannot say this of an item now; undefined: they can. */
export function itemRefusal(incident: Incident, event: Word): string | undefined {
	const visit = currentVisit(incident);
	const item = visit?.items?.find(({id}) => id === event.item);
	if (!visit || !item || visit.step !== event.step || visit.attempt !== event.attempt) {
		return 'That item is not being carried out.';
	}

	const {state} = item;
	if (state.kind === 'running') {
		return 'Its change is under way: wait until it ends.';
	}

	if (event.type === 'item.retried') {
		return refuseRetry(incident, item, event.answer, visit.gate?.target ?? '');
	}

	if (
		state.kind === 'ended' &&
		(state.outcome === 'done' || state.outcome === 'already-whole' || state.outcome === 'by-hand')
	) {
		return 'It is done already.';
	}

	if (event.type === 'item.done-by-hand') {
		return undefined;
	}

	if (state.kind === 'unsure') {
		return 'This change may have been made: record it as done by hand, or check again.';
	}

	return state.kind === 'ended' ? 'It has ended already.' : undefined;
}

function refuseRetry(
	{phase}: Incident,
	{state, destructive}: Item,
	answer: string | undefined,
	registry: string,
): string | undefined {
	switch (state.kind) {
		case 'unsure':
			return state.asked ? undefined : 'It is being looked up already.';
		case 'waiting':
			return undefined;
		case 'ended':
			break;
		default:
			return 'It has not begun yet.';
	}

	if (state.outcome !== 'failed' && state.outcome !== 'skipped' && state.outcome !== 'expired') {
		return state.outcome === 'changed'
			? 'The registry is not what was approved any more: make a new plan.'
			: 'It is done already.';
	}

	if (phase.kind !== 'applying') {
		return 'Answer the gate first.';
	}

	const wanted = phraseFor(destructive, registry);
	return answer === wanted ? undefined : `It changes something again. Type exactly: ${wanted}`;
}
