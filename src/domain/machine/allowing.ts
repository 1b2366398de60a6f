import type {Happening, JournalEvent} from '../incident/event.ts';
import type {Incident, Visit} from '../incident/incident.ts';
import {findStep} from '../runbook/runbook.ts';
import {type Advanced, arriveAtDecide, editVisit, endVisit, stampOf, visitOf} from './moves.ts';

type Of<Type extends Happening['type']> = Extract<JournalEvent, {type: Type}>;

/** A step begins: a person is asked, a read may go on at once, a write goes through its gate. */
export function started(incident: Incident, event: Of<'step.started'>): Advanced {
	const step = findStep(incident.runbook, event.step)!;
	const {effect, success, shows, sparesImage, at} = event;
	const stamp = stampOf(event);
	const visit: Visit = {
		...stamp,
		title: step.title,
		phase: step.phase,
		effect,
		with: event.with,
		success,
		...(shows === undefined ? {} : {shows}),
		...(sparesImage ? {sparesImage} : {}),
		startedAt: at,
		output: {},
		evidence: [],
		progress: [],
		tries: 0,
	};
	const {problem: _, ...calm} = incident;
	// The problem stays in sight for the step in which a person decides about it.
	const begun: Incident = {...(step.does.kind === 'choose' ? incident : calm), visits: [...incident.visits, visit]};

	if (step.does.kind === 'wait') {
		const until = new Date(Date.parse(at) + step.does.milliseconds).toISOString();
		return [{...begun, phase: {is: 'waiting', until, ...stamp}}, [{do: 'wait', until, ...stamp}]];
	}

	if (step.does.kind !== 'action') {
		return [{...begun, phase: {is: 'asking', ...stamp}}, []];
	}

	if (effect === 'read') {
		return [{...begun, phase: {is: 'intending', ...stamp}}, [{do: 'intend', tries: 0, ...stamp}]];
	}

	return [{...begun, phase: {is: 'gating', ...stamp}}, [{do: incident.dryRun ? 'assume' : 'open-gate', ...stamp}]];
}

export function gateOpened(incident: Incident, event: Of<'gate.opened'>): Advanced {
	const {target, changes, undo, phrase, expires, at} = event;
	const gate = {target, changes, undo, ...(phrase === undefined ? {} : {phrase}), openedAt: at, expires};
	return [{...editVisit(incident, event, () => ({gate})), phase: {is: 'gate', ...stampOf(event)}}, []];
}

/** A gate fails closed: only the exact answer, in time, is a yes. A no is a no at any time. */
export function gateAnswered(incident: Incident, event: Of<'gate.answered'>): Advanced {
	const gate = visitOf(incident, event)!.gate!;
	const stamp = stampOf(event);
	const answer = {by: event.actor, at: event.at, ...(event.why === undefined ? {} : {why: event.why})};
	if (event.answer === 'decline') {
		const declined = editVisit(incident, event, () => ({gate: {...gate, answer: {...answer, approved: false}}}));
		return arriveAtDecide(endVisit(declined, event.at, {ended: 'declined', say: event.why ?? 'Declined at the gate.'}));
	}

	// A clock that went back, or cannot be read, proves nothing: then the gate is shown again.
	const [answered, openedAt, expires] = [event.at, gate.openedAt, gate.expires].map(time => Date.parse(time));
	if (!(answered! >= openedAt! && answered! <= expires!)) {
		return [{...incident, phase: {is: 'gating', ...stamp}}, [{do: 'open-gate', ...stamp}]];
	}

	if (event.answer !== (gate.phrase ?? 'approve')) {
		return [{...incident, phase: {is: 'gate', refused: event.answer, ...stamp}}, []];
	}

	const approved = editVisit(incident, event, () => ({gate: {...gate, answer: {...answer, approved: true}}}));
	return [{...approved, phase: {is: 'intending', ...stamp}}, [{do: 'intend', tries: 0, ...stamp}]];
}

/** From here on a change may have happened: what was proven of the image is not proven any more. */
export function intended(incident: Incident, event: Of<'effect.intended'>): Advanced {
	const {effect, sparesImage, shows} = visitOf(incident, event)!;
	const {request, at} = event;
	// A check that does not come to its end must not leave an older proof standing.
	const isChecked = shows === 'verdict' && incident.verdict?.verdict === 'intact';
	const unproves = effect === 'read' ? isChecked : !sparesImage;
	return [
		{
			...editVisit(incident, event, ({tries}) => ({tries: tries + 1})),
			phase: {is: 'running', request, ...stampOf(event)},
			changed: incident.changed || effect !== 'read',
			...(unproves ? {verdict: {verdict: 'unknown' as const, at}} : {}),
		},
		[{do: 'perform', request, ...stampOf(event)}],
	];
}
