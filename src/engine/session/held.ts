import type {Incident} from '../../domain/incident/incident.ts';
import {findStep, needsPerson} from '../../domain/runbook/runbook.ts';
import type {SessionOptions} from './session-contract.ts';

/**
 * A person who reads along wants to see a result before the next step begins. The first step starts at once, and so
 * does one that asks the person anyway, unless what a check or a scan found would be gone from the screen.
 */
export function isHeld(incident: Incident, id: string, pace: SessionOptions['pace']): boolean {
	const step = findStep(incident.runbook, id);
	const last = incident.visits.at(-1);
	const toRead = last?.shows !== undefined && last.ended === 'ran';
	return pace === 'person' && last !== undefined && step !== undefined && (toRead || !needsPerson(step));
}
