import {defined} from '../defined.ts';
import type {EventOf, StepStamp} from '../incident/event.ts';
import {currentVisit, type Incident, requestId} from '../incident/incident.ts';
import {resumedItems, standings} from '../incident/item.ts';
import {findStep} from '../runbook/runbook.ts';
import {type Advanced, arrive, enter, pendingEffects, stampOf} from './effects.ts';
import {finish, outputOf, surprise} from './endings.ts';
import {editVisit, visitOf} from './visits.ts';

/** After so many lost replies in one visit a person decides: looking the change up by itself would never end. */
export const mostLosses = 3;

/** A read is retried; a write that may have happened is looked up first. */
export function failed(incident: Incident, event: EventOf<'effect.failed'>): Advanced {
	const {effect, lost: lostBefore = 0, tries} = visitOf(incident, event)!;
	const step = findStep(incident.runbook, event.step)!;
	const stamp = stampOf(event);
	const {problem, indeterminate, transient, outcome, at} = event;
	const lost = lostBefore + (indeterminate ? 1 : 0);
	const kept = editVisit(incident, event, visit => ({
		...visit,
		problem,
		...(lost === 0 ? {} : {lost}),
		evidence: [...visit.evidence, ...(event.evidence ?? [])],
	}));

	if (indeterminate && effect !== 'read') {
		const request = requestId(incident, event);
		return enter(kept, {kind: 'unsure', request, asked: lost >= mostLosses, say: problem.message, ...stamp});
	}

	if (transient && effect === 'read' && tries <= step.retries) {
		return enter(kept, {kind: 'intending', tries, ...stamp});
	}

	return outcome !== undefined && Object.hasOwn(step.outcomes, outcome)
		? finish(kept, {
				...stamp,
				at,
				how: 'ran',
				outcome,
				output: {kind: 'none'},
				values: {},
				say: problem.message,
				problem,
			})
		: surprise(kept, event, problem, at);
}

export function reconciled(incident: Incident, event: EventOf<'effect.reconciled'>): Advanced {
	const stamp = stampOf(event);
	const request = requestId(incident, event);
	const {found, outcome, output: values = {}, say, at, problem} = event;
	switch (found) {
		case 'done': {
			const how = outcome ?? visitOf(incident, event)?.success[0] ?? 'done';
			const output = outputOf(incident, event.step, values);
			return finish(incident, {...stamp, at, how: 'ran', outcome: how, output, values, say, ...defined({problem})});
		}

		// It was not made: it needs an approval again.
		case 'not-done':
			return enter(incident, {kind: 'gating', ...stamp});

		case 'running':
			return enter(incident, {kind: 'running', request, attach: values, ...stamp});

		case 'unknown':
			return enter(incident, {kind: 'unsure', request, asked: true, say, ...stamp});
	}
}

/** Continues where a process stopped. A change that may have been made is looked up before anything else. */
export function resumed(incident: Incident): Advanced {
	const {phase} = incident;
	const reads = currentVisit(incident)?.effect === 'read';

	switch (phase.kind) {
		// The person who resumes has not seen the gate: it is shown again.
		case 'gate':
			return currentVisit(incident)?.items
				? resumedPlan(incident, phase)
				: enter(incident, {kind: 'gating', ...stampOf(phase)});

		case 'intending':
			return enter(
				incident,
				reads ? {kind: 'intending', tries: 0, ...stampOf(phase)} : {kind: 'gating', ...stampOf(phase)},
			);

		case 'running': {
			const say = 'regmedic stopped while this was under way.';
			return enter(
				incident,
				reads
					? {kind: 'intending', tries: 0, ...stampOf(phase)}
					: {kind: 'unsure', request: phase.request, asked: false, say, ...stampOf(phase)},
			);
		}

		case 'unsure':
			return enter(incident, {...phase, asked: false});

		case 'arriving':
			return arrive(incident, phase.step);

		case 'gating':
		case 'applying':
			return currentVisit(incident)?.items ? resumedPlan(incident, phase) : enter(incident, phase);

		default:
			return enter(incident, phase);
	}
}

/** What has not begun is shown at the gate again, while what was under way is looked up. */
function resumedPlan(incident: Incident, stamp: StepStamp): Advanced {
	const edited = editVisit(incident, stamp, visit => ({...visit, items: resumedItems(visit.items ?? [])}));
	const found = standings(visitOf(edited, stamp)?.items ?? []);
	const isLeft = [...found.values()].some(each => each !== 'doomed');
	const next: Incident = {...edited, phase: {kind: isLeft ? 'gating' : 'applying', ...stampOf(stamp)}};
	return [next, pendingEffects(next)];
}

export function retried(incident: Incident, event: EventOf<'step.retried'>): Advanced {
	const {phase} = incident;
	if (phase.kind === 'unsure' && phase.step === event.step) {
		return enter(incident, {...phase, asked: false});
	}

	return phase.kind === 'stuck' && phase.step === event.step ? arrive(incident, event.step) : [incident, []];
}
