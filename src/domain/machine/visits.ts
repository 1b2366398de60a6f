import type {StepStamp} from '../incident/event.ts';
import type {AbandonedVisit, Incident, RunningVisit, Visit} from '../incident/incident.ts';
import {findStep} from '../runbook/runbook.ts';
import {stampOf} from './effects.ts';

export function visitOf(incident: Incident, stamp: StepStamp): Visit | undefined {
	return incident.visits.findLast(matches(stamp));
}

/** A visit that begins now, with the title and the phase of its step. */
export function newVisit({runbook}: Incident, stamp: StepStamp, at: string): RunningVisit {
	const step = findStep(runbook, stamp.step);
	return {
		...stampOf(stamp),
		state: 'running',
		title: step?.title ?? stamp.step,
		phase: step?.phase ?? stamp.step,
		effect: step?.gate ? 'write' : 'read',
		with: {},
		success: [],
		startedAt: at,
		evidence: [],
		progress: [],
		tries: 0,
	};
}

/** A step that ends before it began (skipped, blocked) still gets a visit. */
export function withVisit(incident: Incident, stamp: StepStamp, at: string): Incident {
	return incident.visits.some(matches(stamp))
		? incident
		: {...incident, visits: [...incident.visits, newVisit(incident, stamp, at)]};
}

export function editVisit(incident: Incident, stamp: StepStamp, edit: (visit: Visit) => Visit): Incident {
	return {...incident, visits: incident.visits.map(visit => (matches(stamp)(visit) ? edit(visit) : visit))};
}

/** Ends the visit that is under way without an outcome, if one is under way. */
export function abandonVisit(
	incident: Incident,
	end: Pick<AbandonedVisit, 'endedAt' | 'ended' | 'say' | 'problem'>,
): Incident {
	const running = incident.visits.findLast(visit => visit.state === 'running');
	return running ? editVisit(incident, running, () => ({...running, ...end, state: 'ended'})) : incident;
}

function matches(stamp: StepStamp): (visit: Visit) => boolean {
	return ({step, attempt}) => step === stamp.step && attempt === stamp.attempt;
}
