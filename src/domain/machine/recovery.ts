import type {Happening, JournalEvent} from '../incident/event.ts';
import {currentVisit, type Incident, requestId} from '../incident/incident.ts';
import {findStep} from '../runbook/runbook.ts';
import {type Advanced, arrive, editVisit, finish, stampOf, surprise, visitOf} from './moves.ts';

type Of<Type extends Happening['type']> = Extract<JournalEvent, {type: Type}>;

const lostOftenEnough = 3;

/** A read may be made again; a write that may have happened is asked about first. */
export function failed(incident: Incident, event: Of<'effect.failed'>): Advanced {
	const visit = visitOf(incident, event)!;
	const step = findStep(incident.runbook, event.step)!;
	const stamp = stampOf(event);
	const lost = (visit.lost ?? 0) + (event.indeterminate ? 1 : 0);
	const kept = editVisit(incident, event, ({evidence}) => ({
		problem: event.problem,
		...(lost === 0 ? {} : {lost}),
		evidence: [...evidence, ...(event.evidence ?? [])],
	}));

	if (event.indeterminate && visit.effect !== 'read') {
		const request = requestId(incident, event);
		// What is found and lost again and again is a person's matter: by itself this would never end.
		const asked = lost >= lostOftenEnough;
		return [
			{...kept, phase: {is: 'unsure', request, asked, say: event.problem.message, ...stamp}},
			asked ? [] : [{do: 'reconcile', request, ...stamp}],
		];
	}

	if (event.transient && visit.effect === 'read' && visit.tries <= step.retries) {
		return [{...kept, phase: {is: 'intending', ...stamp}}, [{do: 'intend', tries: visit.tries, ...stamp}]];
	}

	return event.outcome !== undefined && Object.hasOwn(step.outcomes, event.outcome)
		? finish(
				kept,
				{
					...stamp,
					outcome: event.outcome,
					output: {},
					say: event.problem.message,
					problem: event.problem,
					at: event.at,
				},
				'ran',
			)
		: surprise(kept, event, event.problem, event.at);
}

export function reconciled(incident: Incident, event: Of<'effect.reconciled'>): Advanced {
	const stamp = stampOf(event);
	const request = requestId(incident, event);
	switch (event.found) {
		case 'done':
			return finish(
				incident,
				{
					...event,
					outcome: event.outcome ?? visitOf(incident, event)?.success[0] ?? 'done',
					output: event.output ?? {},
				},
				'ran',
			);

		// It did not happen. Whether it still should is asked again.
		case 'not-done':
			return [{...incident, phase: {is: 'gating', ...stamp}}, [{do: 'open-gate', ...stamp}]];

		case 'running':
			return [
				{...incident, phase: {is: 'running', request, ...stamp}},
				[{do: 'perform', request, attach: event.output ?? {}, ...stamp}],
			];

		case 'unknown':
			return [{...incident, phase: {is: 'unsure', request, asked: true, say: event.say, ...stamp}}, []];
	}
}

/** Where a process that died left off. What may have changed the world is asked about, never done again. */
export function resumed(incident: Incident): Advanced {
	const {phase} = incident;
	const stamp = 'attempt' in phase ? stampOf(phase) : {step: '', attempt: 0};
	const reads = currentVisit(incident)?.effect === 'read';

	switch (phase.is) {
		case 'arriving':
			return arrive(incident, phase.step);

		case 'gating':
			return [incident, [{do: incident.dryRun ? 'assume' : 'open-gate', ...stamp}]];

		// Whoever resumes has not seen it: it is shown again.
		case 'gate':
			return [{...incident, phase: {is: 'gating', ...stamp}}, [{do: 'open-gate', ...stamp}]];

		case 'intending':
			return reads
				? [incident, [{do: 'intend', tries: 0, ...stamp}]]
				: [{...incident, phase: {is: 'gating', ...stamp}}, [{do: 'open-gate', ...stamp}]];

		case 'running':
			return reads
				? [{...incident, phase: {is: 'intending', ...stamp}}, [{do: 'intend', tries: 0, ...stamp}]]
				: [
						{
							...incident,
							phase: {
								is: 'unsure',
								request: phase.request,
								asked: false,
								say: 'regmedic stopped while this was under way.',
								...stamp,
							},
						},
						[{do: 'reconcile', request: phase.request, ...stamp}],
					];

		case 'unsure':
			return [incident, [{do: 'reconcile', request: phase.request, ...stamp}]];

		case 'waiting':
			return [incident, [{do: 'wait', until: phase.until, ...stamp}]];

		// Closed is not yet sealed: whoever resumes does the rest.
		case 'stopped':
			return [incident, [{do: 'close'}]];

		default:
			return [incident, []];
	}
}

export function retried(incident: Incident, event: Of<'step.retried'>): Advanced {
	const {phase} = incident;
	if (phase.is === 'unsure' && phase.step === event.step) {
		return [
			{...incident, phase: {...phase, asked: false}},
			[{do: 'reconcile', request: phase.request, ...stampOf(phase)}],
		];
	}

	return phase.is === 'stuck' && phase.step === event.step ? arrive(incident, event.step) : [incident, []];
}
