import type {Incident, Visit} from '../../domain/incident/incident.ts';
import {edgesOf, reachable} from '../../domain/runbook/paths.ts';
import {findStep} from '../../domain/runbook/runbook.ts';

/**
 * "2 of about 7": the visits so far, and the phases that still lie ahead in the order of the page.
 * Nobody knows the way beforehand, so it is never exact.
 */
export function stepCount({runbook, visits}: Incident, {step: id, attempt}: Pick<Visit, 'step' | 'attempt'>): string {
	const place = visits.findIndex(visit => visit.step === id && visit.attempt === attempt);
	const done = new Set(visits.slice(0, place + 1).map(({phase}) => phase));
	const ahead = reachable([id], edgesOf(runbook));
	const from = runbook.steps.indexOf(findStep(runbook, id)!);
	const left = new Set(
		runbook.steps
			.filter((step, at) => at > from && ahead.has(step.id) && !done.has(step.phase))
			.map(({phase}) => phase),
	);
	return `Step ${place + 1} of about ${place + 1 + left.size}`;
}
